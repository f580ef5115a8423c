import { stringify } from '../goyaml/index.ts';
import { GoError } from './errors.ts';
import { registerParameter } from './functions.ts';
import { compileGlob } from './glob.ts';
import { fromBytes, toBytes } from './go-string.ts';
import { basePath } from './sprig/paths.ts';
import {
  ANY,
  BOOL,
  BYTES,
  GoBytes,
  GoPointer,
  GoSlice,
  GoStruct,
  type GoType,
  type GoValue,
  MAP_ANY,
  MAP_STRING,
  type MethodTable,
  NIL_SLICE,
  pointerTo,
  SLICE_ANY,
  SLICE_STRING,
  STRING,
  type StructField,
  sliceOf,
  stringSlice,
  TypedMap,
} from './value.ts';
import { toYamlValue } from './yaml-value.ts';

/** The built-in objects of Helm's templates, with the Go types of each major. */

export type HelmMajor = '3' | '4';
type ByMajor<T> = Readonly<Record<HelmMajor, T>>;
const forBoth = <T>(make: (major: HelmMajor, pkg: string) => T): ByMajor<T> => ({
  '3': make('3', 'chartutil'),
  '4': make('4', 'common'),
});

// Values

type Dict = Map<string, GoValue>;
const isTable = (value: GoValue): boolean =>
  value instanceof Map && !(value instanceof TypedMap && value.type.underlying === undefined && value.type !== MAP_ANY);

function table(values: Dict, names: readonly string[]): Dict {
  let at = values;
  for (const name of names) {
    const next = at.get(name);
    if (!(next instanceof Map)) throw new GoError(`${JSON.stringify(name)} is not a table`);
    at = next;
  }
  return at;
}
function pathValue(values: Dict, path: string): GoValue {
  if (path === '') throw new GoError('YAML path cannot be empty');
  const names = path.split('.');
  const key = names.at(-1)!;
  const none = new GoError(`${JSON.stringify(key)} is not a value`);
  let at = values;
  if (names.length > 1) {
    try {
      at = table(values, names.slice(0, -1));
    } catch {
      throw none;
    }
  }
  const value = at.get(key);
  if (value === undefined || (names.length === 1 ? value instanceof Map && value.constructor === Map : isTable(value)))
    throw none;
  return value;
}
/** YAML without `toYaml`'s trimming. */
export function yamlText(value: GoValue): string {
  const data = toYamlValue(value);
  return data === undefined ? '' : stringify(data);
}

registerParameter('writer', { kind: 'interface', name: 'io.Writer' });
const VALUES = forBoth((major, pkg): GoType => {
  const methods: MethodTable = new Map([
    ['AsMap', { signature: '', call: (values: TypedMap) => (values.size === 0 ? new Map() : new Map(values)) }],
    ['YAML', { signature: '', call: (values: TypedMap) => yamlText(values) }],
    [
      'Table',
      {
        signature: 'string',
        call: (values: TypedMap, path: string) => valuesObject(table(values, path.split('.')), major),
      },
    ],
    ['PathValue', { signature: 'string', call: (values: TypedMap, path: string) => pathValue(values, path) }],
    [
      'Encode',
      {
        signature: 'writer',
        call: () => {
          throw new GoError('runtime error: invalid memory address or nil pointer dereference');
        },
      },
    ],
  ]);
  return { kind: 'map', name: `${pkg}.Values`, elem: ANY, underlying: MAP_ANY, methods };
});

/** A map as chartutil.Values (common.Values), as `.Values`, `.Template` and a template's own data are. */
export function valuesObject(values: Iterable<readonly [string, GoValue]>, major: HelmMajor): TypedMap {
  return new TypedMap(VALUES[major], values);
}

// Files

const files = (value: TypedMap): IterableIterator<[string, GoBytes]> =>
  value.entries() as IterableIterator<[string, GoBytes]>;
const trimmedYaml = (value: GoValue): string => yamlText(value).replace(/\n$/, '');
const FILES: GoType = {
  kind: 'map',
  name: 'engine.files',
  elem: BYTES,
  methods: new Map([
    [
      'Get',
      {
        signature: 'string',
        call: (value: TypedMap, name: string) => fileText(value.get(name) as GoBytes | undefined),
      },
    ],
    [
      'GetBytes',
      {
        signature: 'string',
        call: (value: TypedMap, name: string) => value.get(name) ?? new GoBytes(new Uint8Array(0)),
      },
    ],
    [
      'Glob',
      {
        signature: 'string',
        call: (value: TypedMap, pattern: string) => {
          const matches = compileGlob(pattern) ?? (() => true);
          return new TypedMap(
            FILES,
            [...files(value)].filter(([name]) => matches(name)),
          );
        },
      },
    ],
    [
      'AsConfig',
      {
        signature: '',
        call: (value: TypedMap) => {
          if (value.isNil) return '';
          return trimmedYaml(new Map([...files(value)].map(([name, data]) => [basePath(name), fileText(data)])));
        },
      },
    ],
    [
      'AsSecrets',
      {
        signature: '',
        call: (value: TypedMap) => {
          if (value.isNil) return '';
          const encode = (data: GoBytes): string => Buffer.from(data.bytes).toString('base64');
          return trimmedYaml(new Map([...files(value)].map(([name, data]) => [basePath(name), encode(data)])));
        },
      },
    ],
    [
      'Lines',
      {
        signature: 'string',
        call: (value: TypedMap, name: string) => {
          const text = fileText(value.get(name) as GoBytes | undefined);
          if (text === '') return stringSlice([]);
          return stringSlice((text.endsWith('\n') ? text.slice(0, -1) : text).split('\n'));
        },
      },
    ],
  ]),
};
const texts = new WeakMap<GoBytes, string>();
function fileText(data: GoBytes | undefined): string {
  if (data === undefined) return '';
  let text = texts.get(data);
  if (text === undefined) {
    text = fromBytes(data.bytes);
    texts.set(data, text);
  }
  return text;
}

/** `.Files`. */
export function filesObject(content: Iterable<readonly [name: string, data: string | Uint8Array]>): TypedMap {
  const entries: [string, GoValue][] = [];
  for (const [name, data] of content)
    entries.push([name, new GoBytes(typeof data === 'string' ? toBytes(data) : data)]);
  return new TypedMap(FILES, entries);
}

// Capabilities

const field = (name: string, type: GoType, json?: string, omitEmpty = true): StructField =>
  json === undefined ? { name, type } : { name, type, json, omitEmpty };
const VERSION_SET = forBoth(
  (_, pkg): GoType => ({
    kind: 'slice',
    name: `${pkg}.VersionSet`,
    elem: STRING,
    underlying: SLICE_STRING,
    methods: new Map([
      ['Has', { signature: 'string', call: (value: GoSlice, version: string) => value.items.includes(version) }],
    ]),
  }),
);
const KUBE_VERSION = forBoth((major, pkg): GoType => {
  const own = (value: GoStruct): GoValue => value.field('Version');
  const normalized = (value: GoStruct): GoValue => (major === '4' && value.field('normalizedVersion')) || own(value);
  return {
    kind: 'struct',
    name: `${pkg}.KubeVersion`,
    fields: [
      field('Version', STRING),
      ...(major === '4' ? [{ name: 'normalizedVersion', type: STRING, unexported: true }] : []),
      field('Major', STRING),
      field('Minor', STRING),
    ],
    pointerMethods: new Map([
      ['String', { signature: '', call: normalized }],
      ['GitVersion', { signature: '', call: own }],
    ]),
  };
});
const BUILD_INFO = forBoth(
  (major): GoType => ({
    kind: 'struct',
    name: 'version.BuildInfo',
    fields: [
      field('Version', STRING, 'version'),
      field('GitCommit', STRING, 'git_commit'),
      field('GitTreeState', STRING, 'git_tree_state'),
      field('GoVersion', STRING, 'go_version'),
      ...(major === '4' ? [field('KubeClientVersion', STRING, 'kube_client_version', false)] : []),
    ],
  }),
);
const CAPABILITIES = forBoth(
  (major, pkg): GoType => ({
    kind: 'struct',
    name: `${pkg}.Capabilities`,
    fields: [
      field('KubeVersion', KUBE_VERSION[major]),
      field('APIVersions', VERSION_SET[major]),
      field('HelmVersion', BUILD_INFO[major]),
    ],
    pointerMethods: new Map([['Copy', { signature: '', call: (value: GoStruct) => new GoPointer(value) }]]),
  }),
);

export interface CapabilitiesInput {
  readonly kubeVersion: {
    /** `v1.34.0`, with a suffix in Helm 4. */
    readonly version: string;
    readonly normalized?: string;
    readonly major: string;
    readonly minor: string;
  };
  readonly apiVersions: readonly string[];
  /** What Helm says of itself. */
  readonly helmVersion?: {
    readonly version: string;
    readonly gitCommit?: string;
    readonly gitTreeState?: string;
    readonly goVersion: string;
    readonly kubeClientVersion?: string;
  };
}
const HELM_VERSION: ByMajor<NonNullable<CapabilitiesInput['helmVersion']>> = {
  '3': { version: 'v3.22', goVersion: 'go1.26.8' },
  '4': { version: 'v4.3', goVersion: 'go1.27.3', kubeClientVersion: 'v1.37' },
};

/** `.Capabilities`. */
export function capabilitiesObject(input: CapabilitiesInput, major: HelmMajor): GoPointer {
  const { version, normalized = version, major: kubeMajor, minor } = input.kubeVersion;
  const helm = input.helmVersion ?? HELM_VERSION[major];
  const kube = new GoStruct(
    KUBE_VERSION[major],
    major === '3' ? [version, kubeMajor, minor] : [version, normalized, kubeMajor, minor],
  );
  const build = [helm.version, helm.gitCommit ?? '', helm.gitTreeState ?? '', helm.goVersion];
  if (major === '4') build.push(helm.kubeClientVersion ?? '');
  return new GoPointer(
    new GoStruct(
      CAPABILITIES[major],
      [kube, new GoSlice(VERSION_SET[major], input.apiVersions), new GoStruct(BUILD_INFO[major], build)],
      true,
    ),
  );
}

// Chart

const MAINTAINER: GoType = {
  kind: 'struct',
  name: 'chart.Maintainer',
  fields: [field('Name', STRING, 'name'), field('Email', STRING, 'email'), field('URL', STRING, 'url')],
};
const DEPENDENCY: GoType = {
  kind: 'struct',
  name: 'chart.Dependency',
  fields: [
    field('Name', STRING, 'name', false),
    field('Version', STRING, 'version'),
    field('Repository', STRING, 'repository', false),
    field('Condition', STRING, 'condition'),
    field('Tags', SLICE_STRING, 'tags'),
    field('Enabled', BOOL, 'enabled'),
    field('ImportValues', SLICE_ANY, 'import-values'),
    field('Alias', STRING, 'alias'),
  ],
};
const METADATA: GoType = {
  kind: 'struct',
  name: 'chart.Metadata',
  fields: [
    field('Name', STRING, 'name'),
    field('Home', STRING, 'home'),
    field('Sources', SLICE_STRING, 'sources'),
    field('Version', STRING, 'version'),
    field('Description', STRING, 'description'),
    field('Keywords', SLICE_STRING, 'keywords'),
    field('Maintainers', sliceOf(pointerTo(MAINTAINER)), 'maintainers'),
    field('Icon', STRING, 'icon'),
    field('APIVersion', STRING, 'apiVersion'),
    field('Condition', STRING, 'condition'),
    field('Tags', STRING, 'tags'),
    field('AppVersion', STRING, 'appVersion'),
    field('Deprecated', BOOL, 'deprecated'),
    field('Annotations', MAP_STRING, 'annotations'),
    field('KubeVersion', STRING, 'kubeVersion'),
    field('Dependencies', sliceOf(pointerTo(DEPENDENCY)), 'dependencies'),
    field('Type', STRING, 'type'),
  ],
};
const CHART: GoType = {
  kind: 'struct',
  name: 'struct { chart.Metadata; IsRoot bool }',
  fields: [
    { name: 'Metadata', type: METADATA, embedded: true },
    { name: 'IsRoot', type: BOOL },
  ],
};

/** Chart.yaml; what is absent is empty, lists and maps `undefined`. */
export interface ChartInput {
  readonly name?: string | undefined;
  readonly home?: string | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly version?: string | undefined;
  readonly description?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly maintainers?:
    | readonly { readonly name?: string; readonly email?: string; readonly url?: string }[]
    | undefined;
  readonly icon?: string | undefined;
  readonly apiVersion?: string | undefined;
  readonly condition?: string | undefined;
  readonly tags?: string | undefined;
  readonly appVersion?: string | undefined;
  readonly deprecated?: boolean | undefined;
  readonly annotations?: ReadonlyMap<string, string> | undefined;
  readonly kubeVersion?: string | undefined;
  readonly dependencies?:
    | readonly {
        readonly name?: string;
        readonly version?: string;
        readonly repository?: string;
        readonly condition?: string;
        readonly tags?: readonly string[] | undefined;
        readonly enabled?: boolean;
        readonly importValues?: readonly unknown[] | undefined;
        readonly alias?: string;
      }[]
    | undefined;
  readonly type?: string | undefined;
}

/** `.Chart`: a struct in Helm 3, a map of it in Helm 4. */
export function chartObject(chart: ChartInput, isRoot: boolean, major: HelmMajor): GoValue {
  const list = (items: readonly string[] | undefined): GoValue =>
    items === undefined ? new GoSlice(SLICE_STRING, null) : stringSlice(items);
  const maintainers = chart.maintainers?.map(
    (item) => new GoStruct(MAINTAINER, [item.name ?? '', item.email ?? '', item.url ?? ''], true),
  );
  const dependencies = chart.dependencies?.map(
    (item) =>
      new GoStruct(
        DEPENDENCY,
        [
          item.name ?? '',
          item.version ?? '',
          item.repository ?? '',
          item.condition ?? '',
          list(item.tags),
          item.enabled ?? false,
          item.importValues === undefined ? NIL_SLICE : (item.importValues as GoValue[]),
          item.alias ?? '',
        ],
        true,
      ),
  );
  const pointers = (structs: readonly GoStruct[] | undefined, type: GoType): GoSlice =>
    new GoSlice(sliceOf(pointerTo(type)), structs === undefined ? null : structs.map((item) => new GoPointer(item)));
  const metadata = new GoStruct(METADATA, [
    chart.name ?? '',
    chart.home ?? '',
    list(chart.sources),
    chart.version ?? '',
    chart.description ?? '',
    list(chart.keywords),
    pointers(maintainers, MAINTAINER),
    chart.icon ?? '',
    chart.apiVersion ?? '',
    chart.condition ?? '',
    chart.tags ?? '',
    chart.appVersion ?? '',
    chart.deprecated ?? false,
    new TypedMap(MAP_STRING, chart.annotations ?? null),
    chart.kubeVersion ?? '',
    pointers(dependencies, DEPENDENCY),
    chart.type ?? '',
  ]);
  if (major === '3') return new GoStruct(CHART, [metadata, isRoot]);
  return structToMap(metadata).set('IsRoot', isRoot);
}

/** @see Helm v4 pkg/chart/common.go, structToMap */
function structToMap(value: GoStruct): Map<string, GoValue> {
  const out = new Map<string, GoValue>();
  value.type.fields!.forEach(({ name }, i) => {
    const item = value.values[i];
    if (item instanceof GoStruct) out.set(name, structToMap(item));
    else if (item instanceof GoPointer)
      out.set(name, item.target === null ? null : structToMap(item.target as GoStruct));
    else if (item instanceof GoSlice)
      out.set(
        name,
        item.items.map((element) => (element instanceof GoPointer ? structToMap(element.target as GoStruct) : element)),
      );
    else if (Array.isArray(item)) out.set(name, item);
    else out.set(name, item);
  });
  return out;
}
