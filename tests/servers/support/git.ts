import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Certificates } from './certificates.ts';
import { freePort, run, type Scratch } from './programs.ts';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** A bare repository that grows commit by commit. */
export class Repository {
  readonly work: string;
  /** The bare one, which servers serve. */
  readonly path: string;

  constructor(scratch: Scratch, name: string) {
    this.path = join(scratch.path, 'git', `${name}.git`);
    this.work = join(scratch.path, 'work', name);
    mkdirSync(this.work, { recursive: true });
    run('git', ['init', '-q', '--bare', '-b', 'main', this.path]);
    this.git('init', '-q', '-b', 'main');
    this.git('remote', 'add', 'origin', this.path);
  }

  git(...args: string[]): string {
    return run('git', args, { cwd: this.work, env: IDENTITY }).trim();
  }

  /** Writes the files, commits and pushes; gives the commit's id. */
  commit(files: Readonly<Record<string, string>>, at = '2026-01-01T00:00:00Z'): string {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.work, path)), { recursive: true });
      writeFileSync(join(this.work, path), content);
    }
    this.git('add', '-A');
    run('git', ['commit', '-q', '-m', 'change'], {
      cwd: this.work,
      env: { ...IDENTITY, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at },
    });
    this.push();
    return this.git('rev-parse', 'HEAD');
  }

  push(): void {
    this.git('push', '-q', '--all', 'origin');
    this.git('push', '-q', '--tags', 'origin');
  }
}

export interface GitHttp {
  readonly url: string;
  /** Gives a request's `Authorization`; what it returns false for gets a 401. */
  allow: (authorization: string | undefined) => boolean;
  /** Speaks the first protocol only, and so gives no commit by its id that is at no tip. */
  isOld: boolean;
  readonly seen: string[];
}

/** `git http-backend` behind a small CGI bridge. */
export async function serveOverHttp(
  scratch: Scratch,
  certificates: Certificates | undefined,
  clientCa = false,
): Promise<GitHttp> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    http.seen.push(`${request.method} ${request.url}`);
    if (!http.allow(request.headers.authorization)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: join(scratch.path, 'git'),
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: http.isOld ? '' : String(request.headers['git-protocol'] ?? ''),
      },
    });
    request.pipe(child.stdin);
    child.stdin.on('error', () => {});
    let head = Buffer.alloc(0);
    let started = false;
    child.stdout.on('data', (chunk: Buffer) => {
      if (started) return void response.write(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      started = true;
      let status = 200;
      for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
        const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
        if (name === 'Status') status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.writeHead(status);
      response.write(head.subarray(end + 4));
    });
    child.stdout.on('end', () => response.end());
  };
  const server =
    certificates === undefined
      ? createServer(handle)
      : createSecureServer(
          {
            cert: certificates.certificate,
            key: certificates.key,
            ...(clientCa ? { ca: certificates.ca, requestCert: true, rejectUnauthorized: true } : {}),
          },
          handle,
        );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  scratch.onDispose(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const http: GitHttp = {
    url: `${certificates === undefined ? 'http' : 'https'}://localhost:${port}`,
    allow: () => true,
    isOld: false,
    seen: [],
  };
  return http;
}

export interface GitSsh {
  readonly url: string;
  readonly identity: string;
  /** The same key, with a passphrase. */
  readonly lockedIdentity: string;
  readonly knownHosts: string;
}
export const PASSPHRASE = 'open sesame';

/** `sshd` of its own on a high port, which lets in one key. */
export async function serveOverSsh(scratch: Scratch): Promise<GitSsh> {
  const at = (name: string): string => join(scratch.path, name);
  const port = await freePort();
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('host_key')]);
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('identity')]);
  writeFileSync(at('locked'), readFileSync(at('identity')), { mode: 0o600 });
  run('ssh-keygen', ['-q', '-p', '-P', '', '-N', PASSPHRASE, '-f', at('locked')]);
  writeFileSync(at('authorized_keys'), readFileSync(at('identity.pub')), { mode: 0o600 });
  writeFileSync(
    at('sshd_config'),
    `ListenAddress 127.0.0.1
Port ${port}
HostKey ${at('host_key')}
AuthorizedKeysFile ${at('authorized_keys')}
PidFile none
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin yes
`,
  );
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  await scratch.start('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], port);
  const hostKey = readFileSync(at('host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}${join(scratch.path, 'git')}`,
    identity: readFileSync(at('identity'), 'utf8'),
    lockedIdentity: readFileSync(at('locked'), 'utf8'),
    knownHosts: `[127.0.0.1]:${port} ${hostKey}\n`,
  };
}
