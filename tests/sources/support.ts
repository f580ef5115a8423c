import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Failure } from '../../src/core/failure.ts';
import type { Result } from '../../src/core/result.ts';
import { fromPlain, type YamlMap } from '../../src/core/value.ts';
import type { SourceCache, SourceOptions } from '../../src/sources/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'flux-local-sources-'));
const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(directory, { recursive: true, force: true });
});

export const options: SourceOptions = {
  ambientCredentials: false,
  environment: {},
  retry: { minWaitMs: 2, maxWaitMs: 20 },
};
export const newCache = (): SourceCache => ({ directory: join(scratch(), 'sources') });
export const scratch = (): string => mkdtempSync(join(directory, 'x-'));

export interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
}

/** A server of this process on loopback. `host` is `localhost:port`. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ host: string; url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization });
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const host = `localhost:${(server.address() as { port: number }).port}`;
  return { host, url: `http://${host}`, seen };
}

export const object = (
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
