import { posix } from 'node:path';
import { isPrintableAscii } from '../../core/plain-text.ts';
import { parseVersion } from '../../core/semver.ts';
import type { YamlValue } from '../../core/value.ts';
import type { ChartDependency, ChartMetadata, HelmVersion, Maintainer } from './chart.ts';
import { HelmError } from './failure.ts';
import { JsonDecoder, type Place, ROOT } from './go-json.ts';
import { isGoPrintable, isGoSpace, quoteGo } from './go-text.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type MutableMetadata = Mutable<ChartMetadata>;
export type MutableDependency = Mutable<ChartDependency>;

/** Metadata before any file is read. */
export function emptyMetadata(): MutableMetadata {
  return {
    name: '',
    home: '',
    sources: undefined,
    version: '',
    description: '',
    keywords: undefined,
    maintainers: undefined,
    icon: '',
    apiVersion: '',
    condition: '',
    tags: '',
    appVersion: '',
    deprecated: false,
    annotations: undefined,
    kubeVersion: '',
    dependencies: undefined,
    type: '',
  };
}

const TEXTS = [
  'name',
  'home',
  'version',
  'description',
  'icon',
  'apiVersion',
  'condition',
  'tags',
  'appVersion',
  'kubeVersion',
  'type',
] as const;

/**
 * Reads Chart.yaml (or requirements.yaml) over what is known already: what a file does not name stays.
 * @returns what encoding/json says against it, or `undefined`
 */
export function readMetadata(value: YamlValue, into: MutableMetadata, helmVersion: HelmVersion): string | undefined {
  const decoder = new JsonDecoder(helmVersion);
  const fields = new Map<string, (value: YamlValue, at: Place) => void>();
  // A null leaves texts and flags as they are and empties lists and maps, as encoding/json does.
  for (const field of TEXTS)
    fields.set(field, (v, at) => {
      if (v !== null) into[field] = decoder.string(v, at);
    });
  fields.set('deprecated', (v, at) => {
    if (v !== null) into.deprecated = decoder.boolean(v, at);
  });
  for (const field of ['sources', 'keywords'] as const)
    fields.set(field, (v, at) => {
      into[field] = decoder.list(v, at, '[]string', (item, place) => decoder.string(item, place));
    });
  fields.set('maintainers', (v, at) => {
    into.maintainers = decoder.list(v, at, '[]*chart.Maintainer', (item, place) =>
      readMaintainer(decoder, item, place),
    );
  });
  fields.set('annotations', (v, at) => {
    into.annotations = decoder.stringMap(v, at);
  });
  fields.set('dependencies', (v, at) => {
    into.dependencies = decoder.list(v, at, '[]*chart.Dependency', (item, place) =>
      readDependency(decoder, item, place),
    );
  });
  decoder.struct(value, ROOT, 'chart.Metadata', fields);
  return decoder.problem;
}

/** The `dependencies` of a lock file. */
export function readLock(
  value: YamlValue,
  helmVersion: HelmVersion,
): { dependencies: ChartDependency[]; problem: string | undefined } {
  const decoder = new JsonDecoder(helmVersion);
  let dependencies: ChartDependency[] = [];
  const fields = new Map([
    [
      'dependencies',
      (v: YamlValue, at: Place): void => {
        dependencies =
          decoder.list(v, at, '[]*chart.Dependency', (item, place) => readDependency(decoder, item, place)) ?? [];
      },
    ],
  ]);
  decoder.struct(value, ROOT, 'chart.Lock', fields);
  return { dependencies, problem: decoder.problem };
}

/** A null entry, which Helm refuses when it validates. */
const NULL_ENTRY = null as never;

function readMaintainer(decoder: JsonDecoder, value: YamlValue, at: Place): Maintainer {
  if (value === null) return NULL_ENTRY;
  const maintainer: Mutable<Maintainer> = { name: '', email: '', url: '' };
  const fields = new Map<string, (value: YamlValue, at: Place) => void>();
  for (const field of ['name', 'email', 'url'] as const)
    fields.set(field, (v, place) => {
      maintainer[field] = decoder.string(v, place);
    });
  decoder.struct(value, at, 'chart.Maintainer', fields);
  return maintainer;
}

function readDependency(decoder: JsonDecoder, value: YamlValue, at: Place): ChartDependency {
  if (value === null) return NULL_ENTRY;
  const dependency: MutableDependency = {
    name: '',
    version: '',
    repository: '',
    condition: '',
    tags: undefined,
    enabled: false,
    importValues: undefined,
    alias: '',
  };
  const fields = new Map<string, (value: YamlValue, at: Place) => void>();
  for (const field of ['name', 'version', 'repository', 'condition', 'alias'] as const)
    fields.set(field, (v, place) => {
      dependency[field] = decoder.string(v, place);
    });
  fields.set('tags', (v, place) => {
    dependency.tags = decoder.list(v, place, '[]string', (item, inner) => decoder.string(item, inner));
  });
  fields.set('enabled', (v, place) => {
    dependency.enabled = decoder.boolean(v, place);
  });
  fields.set('import-values', (v, place) => {
    dependency.importValues = decoder.list(v, place, '[]interface {}', (item) => item);
  });
  decoder.struct(value, at, 'chart.Dependency', fields);
  return dependency;
}

const problem = (text: string): HelmError => new HelmError('chart-invalid', `validation: ${text}`);

/**
 * Checks metadata and cleans its texts in place.
 * @throws HelmError `validation: …`
 * @see Helm pkg/chart/v2/metadata.go, Metadata.Validate
 */
export function validateMetadata(metadata: MutableMetadata): void {
  for (const field of [
    'name',
    'description',
    'home',
    'icon',
    'condition',
    'tags',
    'appVersion',
    'kubeVersion',
  ] as const)
    metadata[field] = sanitize(metadata[field]);
  metadata.sources = metadata.sources?.map(sanitize);
  metadata.keywords = metadata.keywords?.map(sanitize);
  if (metadata.apiVersion === '') throw problem('chart.metadata.apiVersion is required');
  if (metadata.name === '') throw problem('chart.metadata.name is required');
  if (metadata.name === '.' || metadata.name === '..')
    throw problem(`chart.metadata.name ${quoteGo(metadata.name)} is not allowed`);
  if (metadata.name.includes('/') || posix.basename(metadata.name) !== metadata.name)
    throw problem(`chart.metadata.name ${quoteGo(metadata.name)} is invalid`);
  if (metadata.version === '') throw problem('chart.metadata.version is required');
  if (!parseVersion(metadata.version).ok)
    throw problem(`chart.metadata.version ${quoteGo(metadata.version)} is invalid`);
  if (!['', 'application', 'library'].includes(metadata.type))
    throw problem('chart.metadata.type must be application or library');
  metadata.maintainers = metadata.maintainers?.map((maintainer) => {
    if (maintainer === null) throw problem('maintainers must not contain empty or null nodes');
    return { name: sanitize(maintainer.name), email: sanitize(maintainer.email), url: sanitize(maintainer.url) };
  });
  const known = new Set<string>();
  metadata.dependencies = metadata.dependencies?.map((entry) => {
    const dependency = validateDependency(entry);
    const key = dependency.alias === '' ? dependency.name : dependency.alias;
    if (known.has(key)) throw problem(`more than one dependency with name or alias ${quoteGo(key)}`);
    known.add(key);
    return dependency;
  });
}

function validateDependency(entry: ChartDependency | null): ChartDependency {
  if (entry === null) throw problem('dependencies must not contain empty or null nodes');
  const name = sanitize(entry.name);
  if (entry.alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(entry.alias))
    throw problem(`dependency ${quoteGo(name)} has disallowed characters in the alias`);
  return {
    ...entry,
    name,
    version: sanitize(entry.version),
    repository: sanitize(entry.repository),
    condition: sanitize(entry.condition),
    tags: entry.tags?.map(sanitize),
  };
}

/** White space becomes blanks, what cannot be printed goes. */
function sanitize(text: string): string {
  if (isPrintableAscii(text)) return text;
  let clean = '';
  for (const character of text) {
    if (isGoSpace(character)) clean += ' ';
    else if (isGoPrintable(character)) clean += character;
  }
  return clean;
}
