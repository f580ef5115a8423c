import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { Rig, run } from '../cluster/rig.ts';
import type { Ran } from '../recorded-io.ts';

export type Tree = Readonly<Record<string, string>>;

/** What an object of the output is, as plain data. */
export interface Found {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A repository of a test's own, and what it renders to. */
export class Repository extends Rig {
  constructor(files: Tree) {
    super();
    this.write('.git/HEAD', 'ref: refs/heads/main\n');
    this.write('cluster/flux-system.yaml', kustomization('flux-system').replace('./flux-system', './cluster'));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Runs a command with an environment of its own. */
  async with(env: Record<string, string>, ...argv: string[]): Promise<Ran> {
    return run(this.directory, argv, env);
  }

  /** `build all --path cluster`, as data. */
  async objects(...flags: string[]): Promise<Ran & { readonly found: readonly Found[] }> {
    const printed = await this.run('build', 'all', '--path', 'cluster', '-o', 'json', ...flags);
    return { ...printed, found: JSON.parse(printed.stdout === '' ? '[]' : printed.stdout) as Found[] };
  }

  async object(kind: string, name: string, ...flags: string[]): Promise<Found | undefined> {
    return (await this.objects(...flags)).found.find((one) => one.kind === kind && one.metadata.name === name);
  }
}

export const kustomization = (name: string, spec = '', namespace = 'flux-system'): string =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  interval: 10m
  path: ./${name}
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
${indent(spec)}`;

export const release = (name: string, spec: string, namespace = 'apps'): string =>
  `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  interval: 10m
${indent(spec)}`;

/** `spec.chart` of a chart in the repository at hand. */
export const workspaceChart = (path: string): string =>
  `chart: {spec: {chart: ${path}, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}\n`;

export const configMap = (name: string, data: Readonly<Record<string, string>>): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: apps\ndata:\n${Object.entries(data)
    .map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`)
    .join('')}`;

const indent = (text: string): string =>
  text === ''
    ? ''
    : `${text
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n')}\n`;

/** A chart whose one template is a ConfigMap that says what the chart got. */
export function chart(directory: string, options: { readonly extra?: string; readonly values?: string } = {}): Tree {
  const name = directory.split('/').at(-1)!;
  return {
    [`${directory}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.2.3\n${options.extra ?? ''}`,
    [`${directory}/values.yaml`]: options.values ?? 'text: default\n',
    [`${directory}/templates/map.yaml`]: `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-${name}
data:
  text: {{ .Values.text | quote }}
  version: {{ .Chart.Version | quote }}
`,
  };
}

/** A git repository inside the workspace, as a `file://` URL serves it. */
export class GitOrigin {
  readonly url: string;
  readonly #directory: string;

  constructor(root: string, name: string) {
    this.#directory = join(root, name);
    mkdirSync(this.#directory, { recursive: true });
    this.#git('init', '--quiet', '--initial-branch', 'main');
    this.url = `file://${this.#directory}`;
  }

  /** Writes files, commits them, and gives the commit. */
  commit(files: Tree): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#directory, path)), { recursive: true });
      writeFileSync(join(this.#directory, path), text);
    }
    this.#git('add', '--all');
    this.#git('-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'change');
    return this.#git('rev-parse', 'HEAD').trim();
  }

  #git(...words: string[]): string {
    return execFileSync('git', words, { cwd: this.#directory, encoding: 'utf8' });
  }
}

export const gitRepository = (name: string, url: string, spec = ''): string =>
  `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: ${name}, namespace: flux-system}
spec:
  interval: 10m
  url: ${url}
  ref: {branch: main}
${indent(spec)}`;

/** An HTTP chart repository on loopback. */
export class ChartServer {
  readonly #server: Server;
  readonly #files = new Map<string, Buffer>();
  readonly requests: string[] = [];
  /** `Authorization` of each request. */
  readonly authorizations: (string | undefined)[] = [];
  /** Where it is set, all but this one are refused. */
  wanted: string | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(request.url ?? '');
      this.authorizations.push(request.headers.authorization);
      const body = this.#files.get(request.url ?? '');
      const refused = this.wanted !== undefined && request.headers.authorization !== this.wanted;
      response.statusCode = refused ? 401 : body === undefined ? 404 : 200;
      response.end(refused ? 'who is asking?' : body);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Packs charts and writes the index over all of them. */
  async publish(
    root: string,
    charts: readonly { readonly name: string; readonly version: string; readonly files: Tree }[],
  ) {
    const entries = new Map<string, string[]>();
    for (const { name, version, files } of charts) {
      const at = join(root, `${name}-${version}`);
      for (const [path, text] of Object.entries({
        'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
        ...files,
      })) {
        mkdirSync(dirname(join(at, name, path)), { recursive: true });
        writeFileSync(join(at, name, path), text);
      }
      const parts: Buffer[] = [];
      for await (const part of create({ cwd: at, gzip: true }, [name])) parts.push(part as Buffer);
      this.#files.set(`/${name}-${version}.tgz`, Buffer.concat(parts));
      entries.set(name, [
        ...(entries.get(name) ?? []),
        `  - {apiVersion: v2, name: ${name}, version: ${version}, urls: [${name}-${version}.tgz]}\n`,
      ]);
    }
    const index = [...entries].map(([name, lines]) => `  ${name}:\n${lines.join('')}`).join('');
    this.#files.set('/index.yaml', Buffer.from(`apiVersion: v1\nentries:\n${index}`));
  }

  close(): Promise<void> {
    return new Promise((done) => this.#server.close(() => done()));
  }
}

export const count = (stream: string): number => parseDocuments(stream).documents.length;
