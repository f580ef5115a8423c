import { RE2JS } from 're2js';
import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';

/** A pattern of `matches` that RE2 refuses. */
class BadExpression extends Error {}

/** The library's own `matches` may take exponential time: calls of it go to RE2. */
const MATCHES = 're2Matches';

/**
 * Evaluates a CEL expression of `dependsOn[].readyExpr`. The library is loaded by the first one.
 * @param variables `self` and `dep` for Kustomizations and HelmReleases; `readyVariables(object)` for a ResourceSet's dependency
 * @returns whether it is true; a failure where it cannot be read, is no boolean, or asks for a field that is not there
 * @see fluxcd/pkg runtime/cel; kustomize-controller evalReadyExpr
 */
export async function evaluateReadyExpr(
  expression: string,
  variables: ReadonlyMap<string, YamlValue>,
): Promise<Result<boolean>> {
  const { Environment, ParseError, EvaluationError, TypeError: CelTypeError } = await import('@marcbachmann/cel-js');
  try {
    const environment = new Environment({ enableOptionalTypes: true });
    environment.registerFunction(`string.${MATCHES}(string): bool`, (text: string, pattern: string) =>
      matches(text, pattern),
    );
    const context: Record<string, unknown> = {};
    for (const [name, value] of variables) {
      environment.registerVariable(name, 'dyn');
      context[name] = toCel(value);
    }
    const result: unknown = environment.evaluate(withMatches(expression), context);
    if (typeof result === 'boolean') return ok(result);
    return fail(failure('invalid-object', `failed to evaluate readyExpr: the result of '${expression}' is no boolean`));
  } catch (error) {
    const message = (error as Error).message.split('\n')[0] ?? '';
    if (error instanceof ParseError || error instanceof CelTypeError || error instanceof BadExpression)
      return fail(failure('invalid-object', `failed to parse the CEL expression '${expression}': ${message}`));
    if (error instanceof EvaluationError)
      return fail(failure('precondition-failed', `failed to evaluate the CEL expression '${expression}': ${message}`));
    throw error;
  }
}

/** An object's own fields as variables: how a ResourceSet's `readyExpr` sees what it depends on. */
export function readyVariables(object: YamlMap): ReadonlyMap<string, YamlValue> {
  const variables = new Map<string, YamlValue>();
  for (const [name, value] of object) if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) variables.set(name, value);
  const annotations = getIn(object, 'metadata', 'annotations');
  const last = 'kubectl.kubernetes.io/last-applied-configuration';
  if (!isMap(annotations) || !annotations.has(last)) return variables;
  const kept = new Map([...annotations].filter(([key]) => key !== last));
  return variables.set('metadata', new Map(object.get('metadata') as YamlMap).set('annotations', kept));
}

function matches(text: string, pattern: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(text).find();
  } catch (error) {
    throw new BadExpression(`Invalid regular expression: ${pattern}: ${(error as Error).message}`);
  }
}

const STRINGS = /r?("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\.\s*matches\s*\(/g;
const withMatches = (expression: string): string =>
  expression.replace(STRINGS, (found, text: string | undefined) => (text === undefined ? `.${MATCHES}(` : found));

/** Integers are CEL's int. */
function toCel(value: YamlValue): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (!(value instanceof Map)) return value;
  return new Map([...value].map(([key, item]) => [key, toCel(item)]));
}
