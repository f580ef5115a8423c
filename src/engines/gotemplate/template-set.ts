import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { BUILTINS } from './builtins.ts';
import { ExecError, GoError, GoPanic, LimitError } from './errors.ts';
import { type FunctionTable, functionTable } from './functions.ts';
import { quoteGo } from './go-quote.ts';
import { normalizeBytes } from './go-string.ts';
import { isStackOverflow, Overflow, overflowError } from './overflow.ts';
import { parseTemplate } from './parse.ts';
import { DEFAULT_LIMITS, type Limits, type MissingKey, Runtime, Scope } from './runtime.ts';
import { Code, Template } from './template.ts';
import type { GoValue } from './value.ts';

/** A failure of a template. */
export interface TemplateFailure extends Failure {
  /** The text of the error and of each that it wraps, outermost first, as Go's `errors.Unwrap` gives them. */
  readonly chain: readonly string[];
  /** A panic of the engine rather than an error at a node. */
  readonly isPanic: boolean;
}

export interface TemplateSetOptions {
  /** Delimiters of actions; an empty one stands for Go's own. */
  readonly delims?: readonly [string, string];
  /** Besides Go's own functions, which it may replace. */
  readonly functions: FunctionTable;
  /** What the functions' hooks and sources are; see the table's maker. */
  readonly context?: unknown;
  /** What a key that a map has not gives: nothing (`default`), the zero of the map's elements, or an error. */
  readonly missingKey?: MissingKey;
  readonly limits?: Partial<Limits>;
  /** Name of the set, as that of the template Go would have made it from. */
  readonly name?: string;
}

type Parsed = ReadonlyMap<string, Template>;

/** What a text was parsed to. */
interface ParsedText {
  /** By name, without the text's own template. */
  readonly definitions: ReadonlyMap<string, Code>;
  readonly main: Code;
  /** Per name that the text was met under. */
  readonly named: Map<string, Parsed>;
}

/** What texts were parsed to, oldest first. */
class ParsedTexts {
  readonly #texts = new Map<string, ParsedText>();
  #length = 0;

  get(text: string): ParsedText | undefined {
    return this.#texts.get(text);
  }
  add(text: string, parsedText: ParsedText): void {
    this.#texts.set(text, parsedText);
    this.#length += text.length;
    for (const oldest of this.#texts.keys()) {
      if (this.#length <= MAX_LENGTH) break;
      this.#texts.delete(oldest);
      this.#length -= oldest.length;
    }
  }
}

/**
 * By function table and delimiters. A chart rendered again is not parsed again, nor is a library chart, of which each parent chart has a copy
 * under a path of its own.
 */
const parsed = new WeakMap<FunctionTable, Map<string, ParsedTexts>>();
/** UTF-16 units of texts that are kept. */
const MAX_LENGTH = 32 * 1024 * 1024;
/** Names of one text that are kept. */
const MAX_NAMES = 1000;
const withBuiltins = new WeakMap<FunctionTable, FunctionTable>();

function allFunctions(functions: FunctionTable): FunctionTable {
  let all = withBuiltins.get(functions);
  if (all === undefined) {
    all = functionTable([BUILTINS, functions]);
    withBuiltins.set(functions, all);
  }
  return all;
}

/** The templates of a text. Throws `GoError`. */
export function parseCached(
  functions: FunctionTable,
  delims: readonly [string, string],
  name: string,
  text: string,
): Parsed {
  let byDelims = parsed.get(functions);
  if (byDelims === undefined) {
    byDelims = new Map();
    parsed.set(functions, byDelims);
  }
  const key = `${delims[0]}\0${delims[1]}`;
  let texts = byDelims.get(key);
  if (texts === undefined) {
    texts = new ParsedTexts();
    byDelims.set(key, texts);
  }
  const known = texts.get(text);
  const before = known?.named.get(name);
  if (before !== undefined) return before;
  if (known !== undefined && !known.definitions.has(name)) {
    const templates = new Map<string, Template>();
    for (const [defined, code] of known.definitions) templates.set(defined, new Template(defined, name, code));
    templates.set(name, new Template(name, name, known.main));
    if (known.named.size >= MAX_NAMES) known.named.clear();
    known.named.set(name, templates);
    return templates;
  }
  const all = allFunctions(functions);
  const { trees, definesOwnName } = parseTemplate(name, text, {
    left: delims[0],
    right: delims[1],
    hasFunction: (fn) => all.has(fn),
  });
  const templates = new Map<string, Template>();
  const definitions = new Map<string, Code>();
  for (const [defined, tree] of trees) {
    const code = new Code(tree, all);
    templates.set(defined, new Template(defined, name, code));
    if (defined !== name) definitions.set(defined, code);
  }
  // A text that defines its own name means something else under another.
  if (!definesOwnName)
    texts.add(text, { definitions, main: templates.get(name)!.code, named: new Map([[name, templates]]) });
  return templates;
}

/** Templates that can call each other by name. @see Go text/template, type Template */
export class TemplateSet {
  readonly #options: TemplateSetOptions;
  readonly #delims: readonly [string, string];
  readonly #templates: Map<string, Template>;

  constructor(options: TemplateSetOptions, templates: Map<string, Template> = new Map()) {
    this.#options = options;
    this.#delims = options.delims ?? ['', ''];
    this.#templates = templates;
  }

  /** Adds a text's template and its definitions; an empty one replaces none. */
  parse(name: string, text: string): Result<void, TemplateFailure> {
    try {
      for (const [treeName, template] of parseCached(this.#options.functions, this.#delims, name, text))
        if (!template.code.isEmpty || !this.#templates.has(treeName)) this.#templates.set(treeName, template);
      return ok(undefined);
    } catch (error) {
      return fail(failureOf(error));
    }
  }

  has(name: string): boolean {
    return this.#templates.has(name);
  }
  names(): string[] {
    return [...this.#templates.keys()];
  }
  /** A set that starts with the same templates; what is parsed into one is not in the other. */
  clone(): TemplateSet {
    return new TemplateSet(this.#options, new Map(this.#templates));
  }

  execute(name: string, data: GoValue): Result<string, TemplateFailure> {
    const setName = this.#options.name ?? name;
    const template = this.#templates.get(name);
    if (template === undefined) {
      const message = `template: no template ${quoteGo(name)} associated with template ${quoteGo(setName)}`;
      return fail(failureOf(new GoError(message)));
    }
    const { missingKey = 'default', limits, context } = this.#options;
    const scope = new Scope(setName, this.#templates);
    const rt = new Runtime(
      scope,
      missingKey,
      { ...DEFAULT_LIMITS, ...limits },
      context,
      this.#options.functions,
      this.#delims,
    );
    try {
      return ok(normalizeBytes(rt.run(template, data)));
    } catch (error) {
      return fail(failureOf(error));
    }
  }
}

function failureOf(error: unknown): TemplateFailure {
  if (error instanceof Overflow) error = overflowError(error);
  else if (isStackOverflow(error)) error = new LimitError('templates are nested too deeply');
  else if (error instanceof RangeError && error.message.includes('string length'))
    error = new LimitError('a text grows too large');
  if (!(error instanceof GoError)) throw error;
  const chain: string[] = [];
  for (let at: GoError | undefined = error; at !== undefined; at = at.wrapped) chain.push(at.message);
  const reason = error instanceof LimitError ? 'limit-exceeded' : 'template-failed';
  const isPanic = error instanceof GoPanic || !(error instanceof ExecError);
  return { ...failure(reason, error.message), chain, isPanic };
}
