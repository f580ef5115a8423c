import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
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
