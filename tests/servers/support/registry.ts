import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import type { Certificates } from './certificates.ts';
import { freePort, type Scratch } from './programs.ts';

export interface RunningRegistry {
  /** `localhost:port` */
  readonly host: string;
  /** Pushes a manifest with one blob a layer under a tag; gives its digest. */
  push(name: string, tag: string, layers: readonly Layer[], options?: PushOptions): Promise<string>;
}
export interface Layer {
  readonly mediaType: string;
  readonly data: Uint8Array;
  readonly annotations?: Record<string, string>;
}
export interface PushOptions {
  readonly configMediaType?: string;
  readonly annotations?: Record<string, string>;
}

export const USER = 'robot';
export const PASSWORD = 'pa:ss wörd';
export const sha256 = (data: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Debian's `docker-registry`, over TLS and with a password. */
export async function startRegistry(scratch: Scratch, certificates: Certificates): Promise<RunningRegistry> {
  const port = await freePort();
  const htpasswd = join(scratch.path, 'htpasswd');
  writeFileSync(htpasswd, `${USER}:${bcrypt.hashSync(PASSWORD, 4).replace('$2b$', '$2y$')}\n`);
  const config = join(scratch.path, 'registry.yml');
  writeFileSync(
    config,
    `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${join(scratch.path, 'registry')}}}
auth: {htpasswd: {realm: test, path: ${htpasswd}}}
http:
  addr: 127.0.0.1:${port}
  tls: {certificate: ${certificates.certificatePath}, key: ${certificates.keyPath}}
`,
  );
  await scratch.start('docker-registry', ['serve', config], port);
  const host = `localhost:${port}`;
  const send = (method: string, url: string, body: Uint8Array | undefined, type: string) =>
    new Promise<{ status: number; location: string }>((resolve, reject) => {
      const sent = request(
        new URL(url, `https://${host}`),
        { method, ca: certificates.ca, auth: `${USER}:${PASSWORD}`, headers: { 'content-type': type } },
        (reply) => {
          reply.resume();
          reply.on('end', () => resolve({ status: reply.statusCode ?? 0, location: reply.headers.location ?? '' }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const blob = async (name: string, data: Uint8Array): Promise<{ digest: string; size: number }> => {
    const digest = sha256(data);
    const { location } = await send('POST', `/v2/${name}/blobs/uploads/`, undefined, 'application/octet-stream');
    const at = new URL(location, `https://${host}`);
    at.searchParams.set('digest', digest);
    const { status } = await send('PUT', at.href, data, 'application/octet-stream');
    if (status !== 201) throw new Error(`blob refused: ${status}`);
    return { digest, size: data.length };
  };
  return {
    host,
    async push(name, tag, layers, options = {}) {
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const config = {
        mediaType: options.configMediaType ?? 'application/vnd.cncf.flux.config.v1+json',
        ...(await blob(name, Buffer.from('{}'))),
      };
      const described = [];
      for (const { data, ...rest } of layers) described.push({ ...rest, ...(await blob(name, data)) });
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType,
          config,
          layers: described,
          annotations: options.annotations ?? {},
        }),
      );
      const { status } = await send('PUT', `/v2/${name}/manifests/${tag}`, manifest, mediaType);
      if (status !== 201) throw new Error(`manifest refused: ${status}`);
      return sha256(manifest);
    },
  };
}
