import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CACHE_DIRECTORY } from '../../core/cache-directory.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { fromPlain, isList, isMap, toPlain, type YamlMap, type YamlValue } from '../../core/value.ts';

export interface DirectoryRequirement {
  readonly path: string;
  /** Permission bits; 0o755 where none are given. */
  readonly mode: number;
}
export interface DatabaseRequirement {
  readonly path: string;
  /** A file of SQL that makes its tables. */
  readonly schema: string;
}
export interface ConfigurationRequirement {
  readonly path: string;
  /** A Go template in the workspace; '' for one that is made of `defaults`. */
  readonly template: string;
  readonly defaults: YamlMap;
  /** Keys that the result must have. */
  readonly required: readonly string[];
  /** A JSON schema in the workspace, or ''. */
  readonly schema: string;
}
export interface FileRequirement {
  readonly path: string;
  readonly url: string;
  /** SHA-256, or ''. */
  readonly sha256: string;
  /** Content to put in place where there is no URL. */
  readonly placeholder: string | undefined;
}
export interface NetworkRequirement {
  /** `host:port`, or a URL. */
  readonly target: string;
  readonly optional: boolean;
}
export interface KeyRequirement {
  readonly path: string;
  readonly type: 'ed25519' | 'rsa' | 'ec';
  /** Where a self-signed certificate for it goes, or ''. */
  readonly certificate: string;
  readonly subject: string;
  readonly altNames: readonly string[];
  readonly days: number;
}

/** All that the modules of a workspace ask for. */
export interface Requirements {
  readonly modules: readonly string[];
  readonly directories: readonly DirectoryRequirement[];
  readonly databases: readonly DatabaseRequirement[];
  readonly configuration: readonly ConfigurationRequirement[];
  readonly files: readonly FileRequirement[];
  /** Directories below the cache's. */
  readonly cache: readonly string[];
  readonly network: readonly NetworkRequirement[];
  readonly keys: readonly KeyRequirement[];
  /** Shell commands that warm something up. */
  readonly warm: readonly string[];
  /** For handlers of the workspace: what stands under each one's name, as plain data. */
  readonly own: ReadonlyMap<string, readonly unknown[]>;
  /** The files that ask for something in `own`, by its name. */
  readonly origins: ReadonlyMap<string, ReadonlySet<string>>;
}

const SKIPPED = new Set(['node_modules', '.git', CACHE_DIRECTORY, '.task']);
const MAX_MANIFESTS = 1000;
const MAX_DEPTH = 12;

/** Paths of all `*.module.json` below a directory, relative to it, sorted. */
export function findManifests(workspace: string): string[] {
  const found: string[] = [];
  const visit = (directory: string, depth: number): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (found.length >= MAX_MANIFESTS) return;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH && !SKIPPED.has(entry.name)) visit(path, depth + 1);
      } else if (entry.isFile() && entry.name.endsWith('.module.json')) found.push(relative(workspace, path));
    }
  };
  visit(workspace, 0);
  return found.sort();
}

/**
 * The requirements of all module manifests and of the `bootstrap:` section of `flux-local.yaml`.
 * A manifest is `{ "id": …, "bootstrap_requirements": { directories, database, configuration, files, … } }`.
 */
export function readRequirements(workspace: string, section: YamlMap): Result<Requirements> {
  const reader = new RequirementReader();
  const problem = reader.add(section.get('requirements') ?? new Map(), 'flux-local.yaml');
  if (problem !== undefined) return fail(problem);
  for (const manifest of findManifests(workspace)) {
    let data: YamlValue;
    try {
      data = fromPlain(JSON.parse(readFileSync(join(workspace, manifest), 'utf8')));
    } catch (error) {
      return fail(failure('invalid-yaml', `${manifest}: ${(error as Error).message}`, { at: { file: manifest } }));
    }
    if (!isMap(data) || typeof data.get('id') !== 'string')
      return fail(
        failure('invalid-object', `${manifest}: a module manifest needs an \`id\``, { at: { file: manifest } }),
      );
    reader.modules.push(String(data.get('id')));
    const wrong = reader.add(data.get('bootstrap_requirements') ?? new Map(), manifest);
    if (wrong !== undefined) return fail(wrong);
  }
  return ok(reader.requirements());
}

class RequirementReader {
  readonly modules: string[] = [];
  readonly #made = {
    directories: [] as DirectoryRequirement[],
    databases: [] as DatabaseRequirement[],
    configuration: [] as ConfigurationRequirement[],
    files: [] as FileRequirement[],
    cache: [] as string[],
    network: [] as NetworkRequirement[],
    keys: [] as KeyRequirement[],
    warm: [] as string[],
  };
  readonly #own = new Map<string, unknown[]>();
  readonly #origins = new Map<string, Set<string>>();

  requirements(): Requirements {
    const distinct = <T>(items: readonly T[]): T[] => {
      const seen = new Map(items.map((item) => [JSON.stringify(item, replaceMaps), item]));
      return [...seen.values()];
    };
    const { directories, databases, configuration, files, cache, network, keys, warm } = this.#made;
    return {
      modules: this.modules,
      directories: distinct(directories),
      databases: distinct(databases),
      configuration: distinct(configuration),
      files: distinct(files),
      cache: distinct(cache),
      network: distinct(network),
      keys: distinct(keys),
      warm: distinct(warm),
      own: this.#own,
      origins: this.#origins,
    };
  }

  /** @returns a failure where a requirement is not understood */
  add(value: YamlValue, file: string): Failure | undefined {
    const wrong = (message: string): Failure => failure('invalid-object', `${file}: ${message}`, { at: { file } });
    if (!isMap(value)) return wrong('bootstrap requirements are a mapping');
    for (const [key, part] of value) {
      if (part === null) continue;
      const items = isList(part) ? part : [part];
      for (const item of items) {
        const problem = this.#addOne(key, item, file);
        if (problem !== undefined) return wrong(`${key}: ${problem}`);
      }
    }
    return undefined;
  }

  #addOne(key: string, item: YamlValue, file: string): string | undefined {
    const map: YamlMap = isMap(item) ? item : new Map([['path', item]]);
    const text = (name: string): string => {
      const value = map.get(name);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    };
    const path = text('path');
    switch (key) {
      case 'directories':
        if (path === '') return 'a directory needs a `path`';
        this.#made.directories.push({ path, mode: modeOf(map.get('mode') ?? map.get('permissions')) });
        return undefined;
      case 'database':
      case 'databases':
        if (path === '') return 'a database needs a `path`';
        this.#made.databases.push({ path, schema: text('schema') });
        return undefined;
      case 'config':
      case 'configuration': {
        if (path === '') return 'a configuration needs a `path`';
        const defaults = map.get('defaults');
        const required = map.get('required');
        this.#made.configuration.push({
          path,
          template: text('template'),
          defaults: isMap(defaults) ? defaults : new Map(),
          required: isList(required) ? required.map(String) : [],
          schema: text('schema'),
        });
        return undefined;
      }
      case 'files': {
        if (path === '') return 'a file needs a `path`';
        const placeholder = map.get('placeholder') ?? map.get('content');
        this.#made.files.push({
          path,
          url: text('url'),
          sha256: text('sha256')
            .toLowerCase()
            .replace(/^sha256:/, ''),
          placeholder: typeof placeholder === 'string' ? placeholder : undefined,
        });
        return undefined;
      }
      case 'cache':
        if (path === '') return 'a cache directory needs a `path`';
        this.#made.cache.push(path);
        return undefined;
      case 'network': {
        const target = path || text('url') || text('host');
        if (target === '') return 'a network requirement needs a `url` or `host`';
        this.#made.network.push({ target, optional: map.get('optional') === true });
        return undefined;
      }
      case 'keys':
      case 'certificates': {
        const type = text('type') || 'ed25519';
        if (path === '') return 'a key needs a `path`';
        if (type !== 'ed25519' && type !== 'rsa' && type !== 'ec') return `unknown key type ${type}`;
        const altNames = map.get('altNames');
        const days = Number(map.get('days') ?? 365);
        this.#made.keys.push({
          path,
          type,
          certificate: text('certificate'),
          subject: text('subject') || 'CN=flux-local',
          altNames: isList(altNames) ? altNames.map(String) : [],
          days: Number.isFinite(days) && days > 0 ? days : 365,
        });
        return undefined;
      }
      case 'warm':
        this.#made.warm.push(path || text('command'));
        return undefined;
      default:
        this.#own.set(key, [...(this.#own.get(key) ?? []), toPlain(item)]);
        this.#origins.set(key, (this.#origins.get(key) ?? new Set()).add(file));
        return undefined;
    }
  }
}

const replaceMaps = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);

function modeOf(value: YamlValue | undefined): number {
  if (typeof value === 'number') return value > 0o777 ? Number.parseInt(String(value), 8) & 0o7777 : value;
  if (typeof value === 'string' && /^0?o?[0-7]{3,4}$/.test(value)) return Number.parseInt(value.replace('o', ''), 8);
  return 0o755;
}
