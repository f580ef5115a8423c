import { RE2JS } from 're2js';
import { KustomizeProblem } from './problem.ts';

/** A regular expression of a user, as RE2 sees it: linear time. */
export interface Pattern {
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean;
}

/** Texts that mean themselves in a regular expression, but for `.`, which any engine takes alike. */
const SIMPLE = /^[A-Za-z0-9_/:@.,= -]*$/;
const cache = new Map<string, Pattern | KustomizeProblem>();

/** Throws what Go says of a pattern that is none. */
export function compilePattern(source: string): Pattern {
  let pattern = cache.get(source);
  if (pattern === undefined) {
    pattern = compile(source);
    if (cache.size > 2000) cache.clear();
    cache.set(source, pattern);
  }
  if (pattern instanceof KustomizeProblem) throw pattern.withMessage(pattern.message);
  return pattern;
}

/** The pattern that has to match the whole text. */
export const compileAnchored = (source: string): Pattern => compilePattern(source === '' ? '' : `^(?:${source})$`);

function compile(source: string): Pattern | KustomizeProblem {
  const inner = /^\^\(\?:(.*)\)\$$/s.exec(source)?.[1];
  if (inner !== undefined && /^[A-Za-z0-9_/:@, =-]*$/.test(inner)) return { test: (text) => text === inner };
  if (SIMPLE.test(source)) {
    if (!source.includes('.')) return { test: (text) => text.includes(source) };
    return new RegExp(source.replaceAll('/', '\\/'));
  }
  try {
    const program = RE2JS.compile(source);
    return { test: (text) => program.test(text) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new KustomizeProblem(goMessage(message), {
      hint: `${JSON.stringify(inner ?? source)} is no regular expression`,
    });
  }
}

/** `error parsing regexp: missing argument to repetition operator: \`*\`` */
function goMessage(message: string): string {
  if (message.startsWith('error parsing regexp')) return message;
  return `error parsing regexp: ${message.replace(/^Error:\s*/, '')}`;
}
