import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { BUILTINS } from './builtins.ts';
import { ExecError, GoError, GoPanic, LimitError } from './errors.ts';
import type { FunctionTable } from './functions.ts';
import { quoteString } from './go-quote.ts';
import { normalizeBytes } from './go-string.ts';
import { isStackOverflow, Overflow, overflowError } from './overflow.ts';
import { parseTemplate } from './parse.ts';
import { DEFAULT_LIMITS, type Limits, type MissingKey, Runtime, Scope } from './runtime.ts';
import { Template } from './template.ts';
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

/** What texts were parsed to, by function table, then delimiters and name, then text: a chart rendered again is not parsed again. */
const parsed = new WeakMap<FunctionTable, Map<string, Map<string, Parsed>>>();
/** So many texts of one name are kept. */
const MAX_TEXTS = 2000;
const MAX_NAMES = 20_000;
const withBuiltins = new WeakMap<FunctionTable, FunctionTable>();

function allFunctions(functions: FunctionTable): FunctionTable {
  let all = withBuiltins.get(functions);
  if (all === undefined) {
    all = new Map([...BUILTINS, ...functions]);
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
  let names = parsed.get(functions);
  if (names === undefined) {
    names = new Map();
    parsed.set(functions, names);
  }
  const place = `${delims[0]}\0${delims[1]}\0${name}`;
  let texts = names.get(place);
  if (texts === undefined) {
    texts = new Map();
    if (names.size >= MAX_NAMES) names.delete(names.keys().next().value!);
    names.set(place, texts);
  }
  let templates = texts.get(text);
  if (templates === undefined) {
    const all = allFunctions(functions);
    const trees = parseTemplate(name, text, {
      left: delims[0],
      right: delims[1],
      hasFunction: (fn) => all.has(fn),
    });
    templates = new Map([...trees].map(([treeName, tree]) => [treeName, new Template(tree, all)]));
    if (texts.size >= MAX_TEXTS) texts.delete(texts.keys().next().value!);
    texts.set(text, templates);
  }
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
        if (!template.isEmpty || !this.#templates.has(treeName)) this.#templates.set(treeName, template);
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
      const message = `template: no template ${quoteString(name)} associated with template ${quoteString(setName)}`;
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
