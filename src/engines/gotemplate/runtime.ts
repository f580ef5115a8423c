import { ExecError, GoError, GoPanic, LimitError } from './errors.ts';
import type { FunctionTable } from './functions.ts';
import { quoteGo } from './go-quote.ts';
import { type Node, nodePlace, nodeText } from './node.ts';
import { isStackOverflow, Overflow } from './overflow.ts';
import type { Template } from './template.ts';
import type { GoValue } from './value.ts';

export interface Limits {
  /** Turns of `range` and calls of templates in one execution. */
  readonly steps: number;
  /** UTF-16 units of text that one execution may have written. */
  readonly output: number;
}
export const DEFAULT_LIMITS: Limits = { steps: 10_000_000, output: 256 * 1024 * 1024 };

export type MissingKey = 'default' | 'zero' | 'error';

/** Where templates are looked up by name. A text given to `tpl` runs in a scope of its own above the set's. */
export class Scope {
  /** The name of the template set, which is also that of texts given to `tpl`. */
  readonly name: string;
  readonly #own: Map<string, Template>;
  readonly #above: Scope | undefined;
  constructor(name: string, own: Map<string, Template>, above?: Scope) {
    this.name = name;
    this.#own = own;
    this.#above = above;
  }
  lookup(name: string): Template | undefined {
    return this.#own.get(name) ?? this.#above?.lookup(name);
  }
}

/** One execution: what all its frames share. */
export class Runtime {
  out = '';
  steps = 0;
  /** Text that waits while `include` and `tpl` write theirs, for the bound on output. */
  waiting = 0;
  scope: Scope;
  readonly missingKey: MissingKey;
  readonly limits: Limits;
  /** How often a template is being included right now. */
  readonly included = new Map<string, number>();
  /** What the functions of a table share over all executions of a set (hooks, random source, clock). */
  readonly context: unknown;

  readonly functions: FunctionTable;
  readonly delims: readonly [string, string];

  constructor(
    scope: Scope,
    missingKey: MissingKey,
    limits: Limits,
    context: unknown,
    functions: FunctionTable,
    delims: readonly [string, string],
  ) {
    this.functions = functions;
    this.delims = delims;
    this.scope = scope;
    this.missingKey = missingKey;
    this.limits = limits;
    this.context = context;
  }

  /** Counts one turn and checks the bounds. */
  step(): void {
    if (++this.steps > this.limits.steps)
      throw new LimitError(`the template takes more than ${this.limits.steps} steps`);
    if (this.out.length + this.waiting > this.limits.output) this.tooLong();
  }
  tooLong(): never {
    throw new LimitError(`the template writes more than ${this.limits.output} characters`);
  }

  /** Sets what is being written aside. */
  enter(): void {
    this.step();
    this.waiting += this.out.length;
    this.out = '';
  }
  leave(before: string): void {
    this.out = before;
    this.waiting -= before.length;
  }

  /** Runs a template from its top, apart from what is being written, and gives its text. */
  run(template: Template, data: GoValue): string {
    const before = this.out;
    this.enter();
    template.code.exec(new Frame(this, template.name, template.parseName, data, 0), data);
    const text = this.out;
    this.leave(before);
    return text;
  }
}

/** One template being executed: its variables, and the node that an error would name. */
export class Frame {
  readonly rt: Runtime;
  readonly name: string;
  /** The name of the text that the template stands in. */
  readonly parseName: string;
  readonly vars: GoValue[];
  /** Names of `vars`, kept only for templates in which it depends on data what is declared. */
  names: string[] | undefined;
  readonly depth: number;
  /** For each range that is running, outermost first: whether its elements stand in interfaces. */
  origins: boolean[] | undefined;
  node: Node | undefined;
  /** Of the method that is about to be called. */
  receiver: GoValue;

  constructor(rt: Runtime, name: string, parseName: string, data: GoValue, depth: number) {
    this.rt = rt;
    this.name = name;
    this.parseName = parseName;
    this.vars = [data];
    this.names = undefined;
    this.origins = undefined;
    this.depth = depth;
    this.node = undefined;
    this.receiver = undefined;
  }

  prefix(): string {
    const node = this.node!;
    return `template: ${this.parseName}:${nodePlace(node)}: executing ${quoteGo(this.name)} at <${nodeText(node)}>: `;
  }
  fail(message: string, wrapped?: GoError): never {
    throw new ExecError(this.prefix() + message, wrapped);
  }

  /** What to throw after a function threw `error`. */
  callFailed(node: Node, name: string, error: unknown): unknown {
    if (error instanceof LimitError || error instanceof GoPanic) return error;
    if (error instanceof GoError) {
      this.node = node;
      return new ExecError(`${this.prefix()}error calling ${name}: ${error.message}`, error);
    }
    if (error instanceof Overflow) {
      this.node = node;
      error.levels.push({ is: 'call', prefix: `${this.prefix()}error calling ${name}: `, included: error.pending });
      error.pending = undefined;
      return error;
    }
    if (isStackOverflow(error)) return new Overflow();
    if (error instanceof RangeError && error.message.includes('string length'))
      return new LimitError('a text grows too large');
    return error;
  }
}
