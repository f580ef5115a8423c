import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Failure } from '../../../src/core/failure.ts';
import type { Result } from '../../../src/core/result.ts';
import { fromPlain, type YamlMap } from '../../../src/core/value.ts';
import type { SourceCache } from '../../../src/sources/index.ts';
import type { Scratch } from './programs.ts';

/** A Flux object of the source API with the given spec. */
export const source = (kind: string, spec: Record<string, unknown>): YamlMap =>
  fromPlain({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'test', namespace: 'flux-system' },
    spec: { interval: '5m', ...spec },
  }) as YamlMap;

export const secret = (stringData: Record<string, string>, type = 'Opaque'): YamlMap =>
  fromPlain({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name: 'secret', namespace: 'flux-system' },
    stringData,
  }) as YamlMap;

export const newCache = (scratch: Scratch): SourceCache => ({ directory: mkdtempSync(join(scratch.path, 'cache-')) });

export function value<T>(result: Result<T>): T {
  if (!result.ok) expect.fail(`${result.error.reason}: ${result.error.message}`);
  return result.value;
}

export function problem(result: Result<unknown>): Failure {
  if (result.ok) expect.fail(`no failure, but ${JSON.stringify(result.value)}`);
  return result.error;
}
