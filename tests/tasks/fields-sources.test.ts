/** Each field of a source that decides which bytes are fetched, set in a repository and seen in what is rendered of them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ChartServer,
  configMap,
  GitOrigin,
  gitRepository,
  kustomization,
  Repository,
  release,
  type Tree,
} from './support.ts';

let repository: Repository;
let close: (() => Promise<unknown>) | undefined;
beforeEach(() => {
  repository = new Repository({});
});
afterEach(async () => {
  repository.close();
  await close?.();
  close = undefined;
});

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  close = () => new Promise((done) => server.close(done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The ConfigMaps that a Kustomization over the source makes. */
async function maps(kind: string, path: string, ...flags: string[]) {
  repository.write(
    'cluster/read.yaml',
    kustomization('read')
      .replace('kind: GitRepository, name: flux-system', `kind: ${kind}, name: other`)
      .replace('./read', path),
  );
  const ran = await repository.objects(...flags);
  const found = ran.found.filter((one) => one.kind === 'ConfigMap');
  return { ...ran, names: found.map(({ metadata }) => metadata.name).sort(), data: found[0]?.data };
}

describe('GitRepository', () => {
  let origin: GitOrigin;
  let directory: string;
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
      cwd: directory,
      encoding: 'utf8',
    }).trim();
  const commit = (at: string): string => origin.commit({ 'deploy/map.yaml': configMap('map', { at }) });
  const source = (ref: string, spec = ''): void =>
    repository.write(
      'cluster/source.yaml',
      gitRepository('other', origin.url, spec).replace('ref: {branch: main}', `ref: ${ref}`),
    );
  const at = async (ref: string): Promise<unknown> => {
    source(ref);
    return ((await maps('GitRepository', './deploy')).data as { at?: string } | undefined)?.at;
  };
  beforeEach(() => {
    origin = new GitOrigin(repository.directory, 'origin');
    directory = join(repository.directory, 'origin');
  });

  test('ref: commit wins over name, name over semver, semver over tag, tag over branch', async () => {
    const first = commit('first');
    git('tag', 'v1.0.0');
    commit('second');
    git('tag', 'v1.5.0');
    git('tag', 'other');
    commit('third');
    git('tag', 'v2.0.0-rc.1');
    git('update-ref', 'refs/pull/7/head', 'HEAD');
    commit('main');
    expect(await at('{branch: main}')).toBe('main');
    expect(await at('{branch: main, tag: v1.0.0}')).toBe('first');
    expect(await at('{tag: other, semver: 1.0.x}')).toBe('first');
    expect(await at('{semver: ">=1.0.0"}')).toBe('second');
    expect(await at('{semver: ">=1.0.0-0"}')).toBe('third');
    expect(await at('{semver: 1.x, name: refs/pull/7/head}')).toBe('third');
    expect(await at(`{name: refs/heads/main, commit: ${first}}`)).toBe('first');
  });

  test('ignore and .sourceignore leave files out', async () => {
    origin.commit({
      'deploy/a.yaml': configMap('a', {}),
      'deploy/b.yaml': configMap('b', {}),
      'deploy/c.yaml': configMap('c', {}),
      '.sourceignore': 'deploy/a.yaml\n',
    });
    source('{branch: main}', 'ignore: |\n  deploy/b.yaml\n');
    expect((await maps('GitRepository', './deploy')).names).toEqual(['c']);
    source('{branch: main}');
    expect((await maps('GitRepository', './deploy')).names).toEqual(['b', 'c']);
  });

  test('sparseCheckout fetches the directories that it names alone', async () => {
    origin.commit({ 'deploy/a.yaml': configMap('a', {}), 'other/b.yaml': configMap('b', {}) });
    source('{branch: main}', 'sparseCheckout: [deploy]\n');
    expect((await maps('GitRepository', './')).names).toEqual(['a']);
    source('{branch: main}', 'sparseCheckout: [nowhere]\n');
    expect((await maps('GitRepository', './')).stderr).toContain("'nowhere' does not exist");
  });

  test('verify holds the commit against the keys of its Secret', async () => {
    const home = join(repository.directory, 'keys');
    mkdirSync(home, { mode: 0o700 });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'me', '-f', join(home, 'id')]);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'other', '-f', join(home, 'other')]);
    commit('signed');
    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${join(home, 'id.pub')}`];
    git(...signing, 'commit', '-q', '-S', '--allow-empty', '--message', 'signed');
    const key = (name: string): string =>
      JSON.stringify(execFileSync('cat', [join(home, `${name}.pub`)], { encoding: 'utf8' }));
    const trust = (name: string): void =>
      repository.write(
        'cluster/keys.yaml',
        `apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: flux-system}\nstringData: {me.sshpub: ${key(name)}}\n`,
      );
    source('{branch: main}', 'verify: {mode: HEAD, secretRef: {name: keys}}\n');
    trust('id');
    expect((await maps('GitRepository', './deploy')).names).toEqual(['map']);
    trust('other');
    expect((await maps('GitRepository', './deploy')).stderr).toContain('verification-failed');
  });
});

describe('OCIRepository', () => {
  const sha256 = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const archive = (files: Tree): Buffer => {
    const parts: Buffer[] = [];
    for (const [path, text] of Object.entries(files)) {
      const body = Buffer.from(text);
      const header = Buffer.alloc(512);
      new Header({ path, size: body.length, mode: 0o644, type: 'File' }).encode(header);
      parts.push(header, body, Buffer.alloc((512 - (body.length % 512)) % 512));
    }
    return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
  };
  const PLAIN = 'application/vnd.cncf.flux.content.v1.tar+gzip';
  const CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

  /** A registry of one repository: tag to layers. */
  async function registry(tags: Record<string, readonly { type: string; files: Tree }[]>): Promise<string> {
    const answers = new Map<string, { type: string; body: Buffer | string }>();
    for (const [tag, layers] of Object.entries(tags)) {
      const blobs = layers.map(({ type, files }) => ({ type, body: archive(files) }));
      for (const { type, body } of blobs) answers.set(`blobs/${sha256(body)}`, { type, body });
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', size: 2, digest: sha256('{}') },
        layers: blobs.map(({ type, body }) => ({ mediaType: type, size: body.length, digest: sha256(body) })),
      });
      for (const name of [tag, sha256(manifest)])
        answers.set(`manifests/${name}`, { type: 'application/vnd.oci.image.manifest.v1+json', body: manifest });
    }
    answers.set('tags/list?n=1000', { type: 'application/json', body: JSON.stringify({ tags: Object.keys(tags) }) });
    return await listen((request, response) => {
      const answer = answers.get(decodeURIComponent(request.url ?? '').replace('/v2/team/app/', ''));
      if (request.url === '/v2/' || answer === undefined) {
        response.writeHead(request.url === '/v2/' ? 200 : 404).end();
        return;
      }
      response.writeHead(200, { 'content-type': answer.type, 'docker-content-digest': sha256(answer.body) });
      response.end(answer.body);
    });
  }
  const source = (host: string, spec: string): void =>
    repository.write(
      'cluster/source.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: other, namespace: flux-system}\nspec: {url: "oci://${host}/team/app", interval: 1h, insecure: true, ${spec}}\n`,
    );
  const layer = (name: string) => [{ type: PLAIN, files: { 'map.yaml': configMap(name, {}) } }];

  test('ref: digest wins over semver, semver over tag, latest where none is said; semverFilter goes before the range', async () => {
    const host = await registry({
      latest: layer('latest'),
      '1.0.0': layer('one'),
      '1.2.0-amd': layer('amd'),
      '1.1.0-arm': layer('arm'),
    });
    const named = async (spec: string): Promise<readonly string[]> => {
      source(host, spec);
      return (await maps('OCIRepository', './')).names;
    };
    expect(await named('ref: {}')).toEqual(['latest']);
    expect(await named('ref: {tag: 1.0.0}')).toEqual(['one']);
    expect(await named('ref: {tag: latest, semver: 1.x}')).toEqual(['one']);
    expect(await named('ref: {semver: ">=1.0.0-0"}')).toEqual(['amd']);
    expect(await named('ref: {semver: ">=1.0.0-0", semverFilter: ".*-arm$"}')).toEqual(['arm']);
  });

  test('layerSelector chooses the layer, and operation: copy takes it as it is', async () => {
    const chart: Tree = {
      'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'web/templates/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-chart}\ndata: {version: {{ .Chart.Version | quote }}}\n',
    };
    const host = await registry({ latest: [...layer('first'), { type: CHART, files: chart }] });
    source(host, 'ref: {tag: latest}');
    expect((await maps('OCIRepository', './')).names).toEqual(['first']);
    repository.write(
      'cluster/read.yaml',
      release('web', 'chartRef: {kind: OCIRepository, name: other, namespace: flux-system}\n'),
    );
    for (const operation of ['extract', 'copy']) {
      source(host, `layerSelector: {mediaType: ${CHART}, operation: ${operation}}`);
      const found = await repository.object('ConfigMap', 'of-chart');
      expect(found?.data).toMatchObject({ version: expect.stringMatching(/^1\.0\.0\+[0-9a-f]{12}$/) });
    }
    source(host, 'layerSelector: {mediaType: application/none}');
    expect((await repository.objects()).stderr).toContain("layer with media type 'application/none'");
  });

  test('ignore leaves files out', async () => {
    const files = { 'a.yaml': configMap('a', {}), 'b.yaml': configMap('b', {}) };
    source(await registry({ latest: [{ type: PLAIN, files }] }), 'ignore: a.yaml');
    expect((await maps('OCIRepository', './')).names).toEqual(['b']);
  });
});

describe('HelmRepository', () => {
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  const charts = new ChartServer();
  afterAll(() => charts.close());

  test('secretRef is for its own host, and for others with passCredentials; redirects get nothing', async () => {
    const packages = await charts.listen();
    await charts.publish(repository.root, [
      {
        name: 'web',
        version: '1.0.0',
        files: { 'templates/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-chart}\n' },
      },
    ]);
    const seen: (string | undefined)[] = [];
    let runs = 0;
    const link = { text: `${packages}/web-1.0.0.tgz` };
    const host = await listen((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/moved.tgz') response.writeHead(302, { location: `${packages}/web-1.0.0.tgz` }).end();
      else
        response.end(
          `apiVersion: v1\nentries:\n  web:\n  - {apiVersion: v2, name: web, version: 1.0.0, urls: ["${link.text}"]}\n`,
        );
    });
    const sent = async (spec: string): Promise<string | undefined> => {
      charts.authorizations.length = 0;
      repository.write(
        'cluster/web.yaml',
        `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: apps}
spec: {url: "http://${host}", interval: 1h, secretRef: {name: login}, ${spec}}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: apps}
stringData: {username: me, password: secret}
---
${release('web', 'chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: charts}}}\n')}`,
      );
      const { found } = await repository.objects('--cache-dir', `cache-${++runs}`);
      expect(found.some(({ metadata }) => metadata.name === 'of-chart')).toBe(true);
      return charts.authorizations[0];
    };
    expect(await sent('')).toBeUndefined();
    expect(await sent('passCredentials: true')).toBe(basic);
    link.text = 'moved.tgz';
    expect(await sent('passCredentials: true, timeout: 20s')).toBeUndefined();
    expect(new Set(seen)).toEqual(new Set([basic]));
  });
});

test('Bucket: prefix, ignore, and the keys of its Secret', async () => {
  const files = new Map([
    ['live/a.yaml', configMap('a', {})],
    ['live/b.yaml', configMap('b', {})],
    ['old/c.yaml', configMap('c', {})],
  ]);
  const keys = new Set<string>();
  const host = await listen((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    keys.add(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const text = files.get(url.pathname.replace('/apps/', ''));
    if (text !== undefined) response.end(text);
    else
      response.end(
        `<ListBucketResult>${[...files]
          .filter(([key]) => key.startsWith(url.searchParams.get('prefix') ?? ''))
          .map(
            ([key, body]) => `<Contents><Key>${key}</Key><ETag>"${key}"</ETag><Size>${body.length}</Size></Contents>`,
          )
          .join('')}</ListBucketResult>`,
      );
  });
  const named = async (spec: string): Promise<readonly string[]> => {
    repository.write(
      'cluster/source.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1
kind: Bucket
metadata: {name: other, namespace: flux-system}
spec: {endpoint: "${host}", bucketName: apps, interval: 1h, insecure: true, secretRef: {name: keys}, ${spec}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: flux-system}
stringData: {accesskey: KEY, secretkey: SECRET}
`,
    );
    return (await maps('Bucket', './')).names;
  };
  expect(await named('')).toEqual(['a', 'b', 'c']);
  expect(await named('prefix: live/')).toEqual(['a', 'b']);
  expect(await named('ignore: old')).toEqual(['a', 'b']);
  expect([...keys]).toEqual(['KEY']);
});

test('versions v1beta1 and v1beta2 are the same source', async () => {
  const origin = new GitOrigin(repository.directory, 'origin');
  origin.commit({ 'deploy/map.yaml': configMap('map', {}) });
  for (const version of ['v1beta1', 'v1beta2']) {
    const path = join(repository.directory, 'cluster/source.yaml');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, gitRepository('other', origin.url).replace('fluxcd.io/v1', `fluxcd.io/${version}`));
    expect((await maps('GitRepository', './deploy')).names).toEqual(['map']);
  }
});
