import type { YamlValue } from '../../core/value.ts';
import type { Variable, Variables } from './ast.ts';
import { TaskError } from './errors.ts';
import {
  evaluate,
  render,
  type TemplateSettings,
  type TemplateValue,
  timeValue,
  toTemplateValue,
} from './template-engine.ts';

/**
 * Renders texts with one set of variables. The first error is kept in `error`; from then on texts stay as they are written,
 * so that callers check once.
 * @see go-task internal/templater, Cache
 */
export class TemplateCache {
  readonly variables: Variables;
  error: TaskError | undefined;
  readonly #settings: TemplateSettings;
  #data: Map<string, TemplateValue> | undefined;

  constructor(variables: Variables, settings: TemplateSettings) {
    this.variables = variables;
    this.#settings = settings;
  }

  /** To be called after `variables` changed. */
  reset(): void {
    this.#data = undefined;
  }

  #values(): Map<string, TemplateValue> {
    if (this.#data === undefined) {
      this.#data = new Map();
      for (const [name, variable] of this.variables) {
        // What is not evaluated yet has no value: templates print nothing for it.
        if (variable.sh !== undefined && variable.sh !== '') continue;
        const value = variable.value ?? null;
        this.#data.set(
          name,
          variable.moment === true && typeof value === 'string' ? timeValue(value) : toTemplateValue(value),
        );
      }
    }
    return this.#data;
  }

  replace(text: string, extra?: ReadonlyMap<string, YamlValue>): string {
    if (this.error !== undefined || !text.includes('{{')) return text;
    const data = new Map(this.#values());
    if (extra !== undefined) for (const [name, value] of extra) data.set(name, toTemplateValue(value));
    const rendered = render(text, data, this.#settings);
    if (!rendered.ok) {
      this.error = new TaskError(rendered.error.message);
      return text;
    }
    return rendered.value.replaceAll('<no value>', '');
  }

  /** All texts in a value; keys stay. */
  replaceValue(value: YamlValue, extra?: ReadonlyMap<string, YamlValue>): YamlValue {
    if (typeof value === 'string') return this.replace(value, extra);
    if (Array.isArray(value)) return value.map((item) => this.replaceValue(item, extra));
    if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, this.replaceValue(item, extra)]));
    return value;
  }

  replaceVariable(variable: Variable, extra?: ReadonlyMap<string, YamlValue>): Variable {
    const secret = variable.secret === true ? { secret: true } : {};
    if (variable.ref !== undefined && variable.ref !== '') return { value: this.reference(variable.ref), ...secret };
    return {
      ...variable,
      ...(variable.value === undefined ? {} : { value: this.replaceValue(variable.value, extra) }),
      ...(variable.sh === undefined ? {} : { sh: this.replace(variable.sh, extra) }),
    };
  }

  replaceVariables(variables: Variables, extra?: ReadonlyMap<string, YamlValue>): Variables {
    const made: Variables = new Map();
    for (const [name, variable] of variables) made.set(name, this.replaceVariable(variable, extra));
    return made;
  }

  /** The value of a reference (`.LIST`, `index .MAP "a"`, `.TEXT | fromJson`). */
  reference(expression: string): YamlValue {
    if (this.error !== undefined) return null;
    const value = evaluate(expression, this.#values(), this.#settings);
    if (value.ok) return value.value;
    this.error = new TaskError(value.error.message);
    return null;
  }

  /** The text as it is logged: secrets as `*****`, and what cannot be rendered as it is written. */
  masked(text: string, extra?: ReadonlyMap<string, YamlValue>): string {
    if (!text.includes('{{')) return text;
    const shown: Variables = new Map();
    for (const [name, variable] of this.variables)
      shown.set(name, variable.secret === true ? { value: '*****' } : variable);
    const cache = new TemplateCache(shown, this.#settings);
    const rendered = cache.replace(text, extra);
    return cache.error === undefined ? rendered : text;
  }
}
