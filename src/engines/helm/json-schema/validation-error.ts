import { quoteGo } from '../go-text.ts';
import { escapePointer } from './pointer.ts';

/** A part of where a value is in what is validated. */
export interface ValueLocation {
  readonly parent: ValueLocation | undefined;
  readonly token: string;
}

/**
 * Why a value does not fit, as a tree. `toString` is the library's text: one line for each node, indented by depth.
 * @see github.com/santhosh-tekuri/jsonschema v6, output.go
 */
export class ValidationError {
  readonly at: ValueLocation | undefined;
  readonly message: string;
  /** `group` holds errors side by side, `reference` is left out where it holds one. */
  readonly kind: 'schema' | 'group' | 'reference' | 'other';
  causes: readonly ValidationError[];

  constructor(
    at: ValueLocation | undefined,
    message: string,
    kind: ValidationError['kind'] = 'other',
    causes: readonly ValidationError[] = [],
  ) {
    this.at = at;
    this.message = message;
    this.kind = kind;
    this.causes = causes;
  }

  toString(): string {
    const lines: string[] = [];
    this.#display(lines, 0);
    return lines.join('\n');
  }

  #display(lines: string[], indent: number): void {
    let below = indent;
    if (this.kind !== 'reference' || this.causes.length !== 1) {
      const mark = indent > 0 ? `${'  '.repeat(indent - 1)}- ` : '';
      lines.push(
        this.kind === 'schema' ? mark + this.message : `${mark}at ${quoted(pointerOf(this.at))}: ${this.message}`,
      );
      below++;
    }
    for (const cause of this.causes) cause.#display(lines, below);
  }
}

function pointerOf(at: ValueLocation | undefined): string {
  let pointer = '';
  for (let step = at; step !== undefined; step = step.parent) pointer = `/${escapePointer(step.token)}${pointer}`;
  return pointer;
}

/** The library's quotes: single, with Go's escapes. */
export function quoted(text: string): string {
  return `'${quoteGo(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
