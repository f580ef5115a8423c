import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromPlain, type YamlMap } from '../../src/core/value.ts';
import { runBootstrap } from '../../src/phases/bootstrap/index.ts';
import { ENVIRONMENT, workspace } from './workspace.ts';

let server: Server;
let base: string;
let misses = 0;
beforeAll(async () => {
  server = createServer((request, answer) => {
    if (request.url === '/flaky' && misses++ < 1) {
      answer.writeHead(503);
      answer.end();
    } else answer.end('content\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function bootstrap(directory: string, section: object = {}, env: Record<string, string> = {}) {
  const log: string[] = [];
  const result = await runBootstrap(
    {
      workspace: directory,
      cacheDirectory: join(directory, '.flux-local-cache'),
      environment: { ...ENVIRONMENT, ...env },
      section: fromPlain(section) as YamlMap,
    },
    { log: (line) => log.push(line), signal: new AbortController().signal },
  );
  return { result, log };
}

const manifest = (requirements: object, id = 'module'): string =>
  JSON.stringify({ id, bootstrap_requirements: requirements });

describe('bootstrap', () => {
  test('makes all that modules require in the order of priority, and the second time nothing', async () => {
    const digest = createHash('sha256').update('content\n').digest('hex');
    const directory = workspace({
      'apps/web/web.module.json': manifest({
        directories: ['data', { path: 'secrets', mode: '0700' }],
        database: { path: 'data/web.db', schema: 'apps/web/schema.sql' },
        configuration: [{ path: 'config.yaml', template: 'config.tmpl', defaults: { port: 8080 }, required: ['port'] }],
        files: [
          { path: 'vendor/file', url: `${base}/file`, sha256: digest },
          { path: 'vendor/later', placeholder: 'to come\n' },
        ],
        cache: ['charts'],
        keys: [
          {
            path: 'secrets/tls.key',
            type: 'ec',
            certificate: 'secrets/tls.crt',
            subject: 'CN=web',
            altNames: ['web.example', '10.0.0.1'],
          },
        ],
        network: [base],
        warm: ['echo warm >> warmed'],
      }),
      'apps/web/schema.sql':
        'CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);\nCREATE INDEX by_name ON items (name);',
      'config.tmpl': 'port: {{ .port }}\nhome: {{ .Env.HOME }}\n',
    });
    const started = Date.now();
    const first = await bootstrap(directory);
    expect(first.result).toMatchObject({ ok: true, value: { failures: [] } });
    expect(Date.now() - started).toBeLessThan(5000);
    const kinds = first.log.map((line) => line.split(' ').slice(0, 3).join(' '));
    expect(kinds).toEqual([
      'made the directory',
      'made the directory',
      'made the database',
      'made the configuration',
      `downloaded vendor/file (8`,
      'made a placeholder',
      'made the cache',
      `${base} can be`,
      'made the ec',
      'made the certificate',
      'warmed up: echo',
    ]);
    expect(statSync(join(directory, 'secrets')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'secrets/tls.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'config.yaml'), 'utf8')).toBe('port: 8080\nhome: /nonexistent\n');
    const certificate = new X509Certificate(readFileSync(join(directory, 'secrets/tls.crt')));
    expect(certificate.subjectAltName).toBe('DNS:web.example, IP Address:10.0.0.1');
    const database = new sqlite.Database(join(directory, 'data/web.db'));
    expect(
      database.all('SELECT name FROM sqlite_master ORDER BY name').map((row) => (row as { name: string }).name),
    ).toEqual(['by_name', 'items']);
    database.close();
    const before = listing(directory);
    const second = await bootstrap(directory);
    expect(second.result.ok).toBe(true);
    expect(second.log).toEqual([`${base} can be reached`, 'nothing to do: all that is required is there']);
    expect(listing(directory)).toEqual(before);
  });

  test('a table that is missing is added, and what is there stays', async () => {
    const directory = workspace({
      'a.module.json': manifest({ database: { path: 'a.db', schema: 'a.sql' } }),
      'a.sql': 'CREATE TABLE one (x); CREATE TABLE two (y);',
    });
    const database = new sqlite.Database(join(directory, 'a.db'));
    database.exec('CREATE TABLE one (x); INSERT INTO one VALUES (1);');
    database.close();
    expect((await bootstrap(directory)).log).toEqual(['added to the database a.db (1 statements)']);
    const after = new sqlite.Database(join(directory, 'a.db'));
    expect(after.all('SELECT x FROM one')).toEqual([{ x: 1 }]);
    after.close();
  });

  test('a wrong digest is refused, and a passing failure is tried again', async () => {
    const wrong = workspace({ 'a.module.json': manifest({ files: [{ path: 'f', url: `${base}/f`, sha256: '00' }] }) });
    const refused = await bootstrap(wrong);
    expect(refused.result).toMatchObject({ ok: false, error: { message: expect.stringContaining('has the digest') } });
    expect(existsSync(join(wrong, 'f'))).toBe(false);
    const flaky = workspace({ 'a.module.json': manifest({ files: [{ path: 'f', url: `${base}/flaky` }] }) });
    const tried = await bootstrap(flaky);
    expect(tried.result.ok).toBe(true);
    expect(tried.log.join('\n')).toContain('attempt 2 of 3 follows');
  });

  test('without fail-fast all failures are collected', async () => {
    const requirements = {
      configuration: [{ path: 'c.yaml', template: 'missing' }],
      files: [{ path: 'f', sha256: 'ab' }],
      directories: ['made'],
    };
    const directory = workspace({ 'a.module.json': manifest(requirements) });
    const fast = await bootstrap(directory);
    expect(fast.result).toMatchObject({
      ok: false,
      error: { message: 'configuration: the template missing cannot be read' },
    });
    const slow = await bootstrap(directory, {}, { BOOTSTRAP_FAIL_FAST: 'false' });
    expect(slow.result).toMatchObject({
      ok: true,
      value: {
        failures: [{ message: /template/ }, { message: /f is missing/ }].map((one) => ({
          message: expect.stringMatching(one.message),
        })),
      },
    });
  });

  test('time is bounded', async () => {
    const directory = workspace({ 'a.module.json': manifest({ warm: ['sleep 10'] }) });
    const started = Date.now();
    const { result } = await bootstrap(directory, { timeout: '300ms', retryAttempts: 1 });
    expect(result.ok).toBe(false);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  test('nothing leads out of the workspace', async () => {
    for (const path of ['../evil', '/tmp/evil-flux-local']) {
      const directory = workspace({ 'a.module.json': manifest({ directories: [path] }) });
      expect((await bootstrap(directory)).result).toMatchObject({ ok: false });
    }
  });

  test('it can be turned off', async () => {
    const directory = workspace({ 'a.module.json': manifest({ directories: ['d'] }) });
    expect((await bootstrap(directory, {}, { BOOTSTRAP_ENABLED: 'false' })).log).toEqual([
      'the bootstrap is not enabled',
    ]);
    expect(existsSync(join(directory, 'd'))).toBe(false);
  });

  test('a handler of the workspace runs by its priority', async () => {
    const directory = workspace({
      'motd.mjs': `import { existsSync, writeFileSync } from 'node:fs';
export default {
  priority: 7,
  shouldRun: async (context) => !existsSync(context.locate('d/motd')),
  async execute(context) { writeFileSync(context.locate('d/motd'), 'hello\\n'); context.log('made motd'); return 1; },
};
`,
    });
    const section = { handlers: { motd: 'motd.mjs' }, requirements: { directories: ['d'], cache: ['c'] } };
    const { result, log } = await bootstrap(directory, section);
    expect(result).toMatchObject({ ok: true, value: { counts: { directories: 1, motd: 1, cache: 1 } } });
    expect(log[1]).toBe('made motd');
  });

  test('a handler of the workspace gets what stands under its name, and its passing failures are tried again', async () => {
    const directory = workspace({
      'web.module.json': manifest({ hello: ['world', { name: 'moon' }] }),
      'hello.mjs': `let failed = false;
export default {
  priority: 7,
  shouldRun: () => true,
  execute(context) {
    if (!failed) { failed = true; throw Object.assign(new Error('not yet'), { transient: true }); }
    context.log(JSON.stringify(context.requirements.own.get('hello')));
  },
};
`,
    });
    const { result, log } = await bootstrap(directory, { handlers: { hello: 'hello.mjs' } });
    expect(result).toMatchObject({ ok: true, value: { counts: { hello: 1 } } });
    expect(log).toEqual(['hello failed (not yet); attempt 2 of 3 follows', '["world",{"name":"moon"}]']);
  });

  test('a requirement that no handler makes is told', async () => {
    const directory = workspace({ 'web.module.json': manifest({ directores: ['data'] }) });
    const { result, log } = await bootstrap(directory);
    expect(result.ok).toBe(true);
    expect(log[0]).toBe('warning: web.module.json: no handler makes `directores`');
  });

  test('settings that cannot be are refused', async () => {
    const directory = workspace();
    const told = async (section: object, env: Record<string, string> = {}): Promise<unknown> => {
      const { result } = await bootstrap(directory, section, env);
      return result.ok ? 'fine' : result.error.message;
    };
    expect(await told({ timeout: 'soon' })).toBe('bootstrap.timeout cannot be "soon"');
    expect(await told({}, { BOOTSTRAP_FAIL_FAST: 'maybe' })).toBe('BOOTSTRAP_FAIL_FAST cannot be "maybe"');
    expect(await told({ directories: ['data'] })).toContain('bootstrap.directories is no setting');
    expect(await told({ timeout: 5, retryAttempts: '2', enabled: 'yes' })).toBe('fine');
  });
});

function listing(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${entry.isFile() ? statSync(path).mtimeMs : ''}`;
    })
    .sort();
}
