import { expect } from 'vitest';
import type { Failure } from '../src/core/failure.ts';
import type { Result } from '../src/core/result.ts';
import { fromPlain, type YamlMap } from '../src/core/value.ts';

/** A Flux object with the given spec; of the source API where nothing else is said. */
export const source = (
  kind: string,
  spec: Record<string, unknown>,
  apiVersion = 'source.toolkit.fluxcd.io/v1',
): YamlMap =>
  fromPlain({
    apiVersion,
    kind,
    metadata: { name: 'test', namespace: 'flux-system' },
    spec: { interval: '5m', ...spec },
  }) as YamlMap;

export const secret = (stringData: Record<string, string>, type = 'Opaque'): YamlMap =>
  fromPlain({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name: 'auth', namespace: 'flux-system' },
    stringData,
  }) as YamlMap;

export function value<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`${result.error.reason}: ${result.error.message}`);
  return result.value;
}

export function problem(result: Result<unknown>): Failure {
  if (result.ok) expect.fail(`no failure, but ${JSON.stringify(result.value)}`);
  return result.error;
}
