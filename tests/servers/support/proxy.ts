import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, request as secureRequest } from 'node:https';
import type { Certificates } from './certificates.ts';
import type { Scratch } from './programs.ts';

/** What stands between the client and a server: sees each request and may answer, break or change it itself. */
export interface Interception {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Hands the request on; `change` sees the body before it goes back. */
  pass(change?: (body: Buffer) => Buffer): void;
}

export interface RunningProxy {
  /** `localhost:port` */
  readonly host: string;
  readonly seen: { readonly url: string; readonly authorization: string | undefined }[];
  /** Set anew by each test. */
  intercept: (interception: Interception) => void;
}

/** A reverse proxy before `target` (`https://localhost:port`), over TLS where there are certificates. */
export async function startProxy(
  scratch: Scratch,
  target: string,
  certificates: Certificates | undefined,
): Promise<RunningProxy> {
  const origin = new URL(target);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    proxy.seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
    const pass = (change?: (body: Buffer) => Buffer): void => {
      const send = origin.protocol === 'https:' ? secureRequest : plainRequest;
      const ca = certificates === undefined ? {} : { ca: certificates.ca };
      const onward = send(
        {
          hostname: origin.hostname,
          port: origin.port,
          path: request.url,
          method: request.method,
          headers: { ...request.headers, host: origin.host },
          ...ca,
        },
        (reply) => {
          const chunks: Buffer[] = [];
          reply.on('data', (chunk: Buffer) => chunks.push(chunk));
          reply.on('end', () => {
            const body = change === undefined ? Buffer.concat(chunks) : change(Buffer.concat(chunks));
            const headers = { ...reply.headers };
            if (request.method !== 'HEAD') headers['content-length'] = String(body.length);
            delete headers['transfer-encoding'];
            response.writeHead(reply.statusCode ?? 500, headers);
            response.end(body);
          });
        },
      );
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    };
    proxy.intercept({ request, response, pass });
  };
  const server =
    certificates === undefined
      ? createServer(handle)
      : createSecureServer({ cert: certificates.certificate, key: certificates.key }, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  scratch.onDispose(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const proxy: RunningProxy = { host: `localhost:${port}`, seen: [], intercept: ({ pass }) => pass() };
  return proxy;
}
