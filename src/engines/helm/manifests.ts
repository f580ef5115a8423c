import { posix } from 'node:path';
import type { YamlValue } from '../../core/value.ts';
import { parse } from '../goyaml/index.ts';
import type { HelmVersion } from './chart.ts';
import { HelmError } from './failure.ts';
import { JsonDecoder, type Place, ROOT } from './go-json.ts';
import { quoteGo, trimGo, trimGoStart } from './go-text.ts';
import type { Hook, HookEvent, Manifest } from './rendered.ts';

const COMMON_ORDER = [
  'PriorityClass',
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'PodSecurityPolicy',
  'PodDisruptionBudget',
  'ServiceAccount',
  'Secret',
  'SecretList',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'CustomResourceDefinition',
  'ClusterRole',
  'ClusterRoleList',
  'ClusterRoleBinding',
  'ClusterRoleBindingList',
  'Role',
  'RoleList',
  'RoleBinding',
  'RoleBindingList',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicationController',
  'ReplicaSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'StatefulSet',
  'Job',
  'CronJob',
  'IngressClass',
  'Ingress',
  'APIService',
];
const orderOf = (kinds: readonly string[]): ReadonlyMap<string, number> => new Map(kinds.map((kind, i) => [kind, i]));

/** The order in which kinds are installed. @see Helm pkg/release/v1/util/kind_sorter.go, InstallOrder */
export const INSTALL_ORDER: Readonly<Record<HelmVersion, ReadonlyMap<string, number>>> = {
  '3': orderOf(COMMON_ORDER),
  '4': orderOf([...COMMON_ORDER, 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']),
};

/** Sorts by kind; equal kinds stay as they are, kinds that Helm does not know come last by name. */
export function sortByKind<T extends { readonly kind: string }>(items: readonly T[], helmVersion: HelmVersion): T[] {
  const order = INSTALL_ORDER[helmVersion];
  return [...items].sort((a, b) => {
    const first = order.get(a.kind);
    const second = order.get(b.kind);
    if (first === undefined && second === undefined) return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0;
    if (first === undefined) return 1;
    if (second === undefined) return -1;
    return first - second;
  });
}

const EVENTS: ReadonlyMap<string, HookEvent> = new Map([
  ...(
    [
      'pre-install',
      'post-install',
      'pre-delete',
      'post-delete',
      'pre-upgrade',
      'post-upgrade',
      'pre-rollback',
      'post-rollback',
      'test',
    ] as const
  ).map((event): [string, HookEvent] => [event, event]),
  ['test-success', 'test'],
]);

/**
 * The documents of a rendered file, trimmed as each major trims them.
 * @see Helm pkg/release/v1/util/manifest.go, SplitManifests
 */
export function splitManifests(text: string, helmVersion: HelmVersion): string[] {
  const documents: string[] = [];
  if (helmVersion === '3') {
    for (const document of splitHelm3(trimGo(text))) if (document !== '') documents.push(trimGo(document));
  } else
    for (const document of splitHelm4(trimGoStart(text)))
      if (trimGo(document) !== '') documents.push(trimGoStart(document));
  return documents;
}

/** Splits at `(?:^|\n)---[ \t]*`, of which the line end stays with what is before it. */
function splitHelm4(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let found = text.indexOf('---'); found >= 0; ) {
    if (found > 0 && text.charCodeAt(found - 1) !== 10) {
      found = text.indexOf('\n---', found);
      if (found < 0) break;
      found++;
    }
    parts.push(text.slice(from, found));
    from = found + 3;
    for (let code = text.charCodeAt(from); code === 32 || code === 9; code = text.charCodeAt(from)) from++;
    found = text.indexOf('---', from);
  }
  parts.push(text.slice(from));
  return parts;
}

/** Splits at `(?:^|\s*\n)---\s*`, without the quadratic time that blank lines would cost a backtracking matcher. */
function splitHelm3(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  for (;;) {
    const found = at === 0 && text.startsWith('---') ? 0 : text.indexOf('\n---', at);
    if (found < 0) break;
    let end = found;
    while (end > from && isSpace(text.charCodeAt(end - 1))) end--;
    let next = text.startsWith('---', found) ? found + 3 : found + 4;
    while (next < text.length && isSpace(text.charCodeAt(next))) next++;
    parts.push(text.slice(from, end));
    from = next;
    // The white space after a separator is a part of it: a separator right behind begins on its own line end, which is gone.
    at = next;
  }
  parts.push(text.slice(from));
  return parts;
}

/** `\s` of RE2. */
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9 || code === 12;

interface Head {
  apiVersion: string;
  kind: string;
  name: string;
  annotations: ReadonlyMap<string, string> | undefined;
}

const METADATA_TYPE =
  'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }';

/** What Helm reads of a document; `problem` is encoding/json's. */
function readHead(value: YamlValue, helmVersion: HelmVersion): Head & { problem: string | undefined } {
  const head: Head = { apiVersion: '', kind: '', name: '', annotations: undefined };
  const decoder = new JsonDecoder(helmVersion);
  type Setter = (value: YamlValue, at: Place) => void;
  const metadata = new Map<string, Setter>();
  metadata.set('name', (v, at) => {
    head.name = decoder.string(v, at);
  });
  metadata.set('annotations', (v, at) => {
    head.annotations = decoder.stringMap(v, at);
  });
  const fields = new Map<string, Setter>();
  fields.set('apiVersion', (v, at) => {
    head.apiVersion = decoder.string(v, at);
  });
  fields.set('kind', (v, at) => {
    head.kind = decoder.string(v, at);
  });
  fields.set('metadata', (v, at) => decoder.struct(v, at, METADATA_TYPE, metadata));
  decoder.struct(value, ROOT, helmVersion === '3' ? 'releaseutil.SimpleHead' : 'util.SimpleHead', fields);
  return { ...head, problem: decoder.problem };
}

/**
 * Splits the rendered files into documents and parts hooks from the rest, each in install order.
 * @param files by path, in any order; partials and blank files are passed over
 * @throws HelmError `YAML parse error on PATH: …`
 * @see Helm pkg/release/v1/util/manifest_sorter.go, SortManifests
 */
export function sortManifests(
  files: ReadonlyMap<string, string>,
  helmVersion: HelmVersion,
  warn: (line: string) => void,
): { manifests: Manifest[]; hooks: Hook[] } {
  const manifests: Manifest[] = [];
  const hooks: Hook[] = [];
  for (const path of [...files.keys()].sort()) {
    const text = files.get(path)!;
    if (posix.basename(path).startsWith('_')) continue;
    for (const content of splitManifests(text, helmVersion)) {
      const parsed = parse(content);
      if (!parsed.ok) throw new HelmError('template-failed', `YAML parse error on ${path}: ${parsed.error.message}`);
      const head = readHead(parsed.value, helmVersion);
      if (head.problem !== undefined)
        throw new HelmError(
          'template-failed',
          `YAML parse error on ${path}: error unmarshaling JSON: while decoding JSON: ${head.problem}`,
        );
      const { apiVersion, kind, name, annotations } = head;
      const manifest: Manifest = { path, content, apiVersion, kind, name, value: parsed.value };
      const types = annotations?.get('helm.sh/hook');
      if (annotations === undefined || types === undefined) {
        manifests.push(manifest);
        continue;
      }
      const names = listOf(types);
      const events = names.map((type) => EVENTS.get(type));
      if (!events.every((event): event is HookEvent => event !== undefined)) {
        warn(
          helmVersion === '3'
            ? `info: skipping unknown hook: ${quoteGo(types)}`
            : `skipping unknown hooks hookTypes=${types}`,
        );
        continue;
      }
      hooks.push({
        ...manifest,
        events,
        weight: weightOf(annotations.get('helm.sh/hook-weight')),
        deletePolicies: listOf(annotations.get('helm.sh/hook-delete-policy')),
        outputLogPolicies: listOf(annotations.get('helm.sh/hook-output-log-policy')),
      });
    }
  }
  return { manifests: sortByKind(manifests, helmVersion), hooks: sortByKind(hooks, helmVersion) };
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((item) => trimGo(item).toLowerCase());
}

/** `strconv.Atoi`; 0 for what is no number. */
function weightOf(text: string | undefined): number {
  if (text === undefined || !/^[+-]?[0-9]+$/.test(text)) return 0;
  const weight = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, weight) === weight ? Number(weight) : 0;
}
