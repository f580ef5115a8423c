import { type HelmVersion, quoteGo } from '../engines/helm/index.ts';
import type { Flag } from './pflag.ts';

const bool = (name: string, usage: string, more: Partial<Flag> = {}): Flag => ({ name, type: 'bool', usage, ...more });
const text = (name: string, value: string, usage: string, more: Partial<Flag> = {}): Flag => ({
  name,
  type: 'string',
  value,
  usage,
  ...more,
});
const CLUSTER = 'accepted; a cluster is never asked';
const INSTALLING = 'accepted; nothing is installed';

/** What decides the result, and is the same in both majors. */
const rendering = (): Flag[] => [
  {
    name: 'values',
    short: 'f',
    type: 'list',
    value: '<file>',
    usage: 'values in a YAML file, an address or - (can specify multiple)',
  },
  { name: 'set', type: 'array', value: '<key=value>', usage: 'set values (key1=val1,key2=val2)' },
  { name: 'set-string', type: 'array', value: '<key=value>', usage: 'set STRING values' },
  { name: 'set-json', type: 'array', value: '<key=json>', usage: 'set JSON values' },
  { name: 'set-file', type: 'array', value: '<key=path>', usage: 'set values from files or addresses' },
  { name: 'set-literal', type: 'array', value: '<key=value>', usage: 'set a literal STRING value' },
  text('namespace', '<name>', 'namespace of the release', { short: 'n' }),
  text('kube-version', '<version>', 'Kubernetes version used for Capabilities.KubeVersion'),
  {
    name: 'api-versions',
    short: 'a',
    type: 'list',
    value: '<versions>',
    usage: 'Kubernetes api versions used for Capabilities.APIVersions',
  },
  bool('include-crds', 'include CRDs in the templated output'),
  bool('no-hooks', 'leave hooks out of the output'),
  bool('skip-tests', 'skip tests from templated output'),
  {
    name: 'show-only',
    short: 's',
    type: 'array',
    value: '<path>',
    usage: 'only show manifests rendered from the given templates',
  },
  bool('skip-schema-validation', 'do not hold values against values.schema.json'),
  bool('is-upgrade', 'set .Release.IsUpgrade instead of .Release.IsInstall'),
  text('name-template', '<template>', 'specify template used to name the release'),
  bool('generate-name', 'generate the name (and omit the NAME parameter)', { short: 'g' }),
  text('output-dir', '<directory>', 'write the manifests to files in this directory instead of stdout'),
  bool('release-name', 'use release name in the output-dir path'),
  bool('debug', 'print what was rendered even where it is no valid YAML'),
  bool('enable-dns', 'let getHostByName ask for addresses'),
  bool('dependency-update', 'fetch dependencies that are missing; the chart’s directory stays as it is'),
  {
    name: 'labels',
    short: 'l',
    type: 'pairs',
    value: '<key=value>',
    usage: 'labels of the release’s record; checked, and nothing else',
  },
  {
    name: 'post-renderer-args',
    type: 'array',
    value: '<argument>',
    usage: 'an argument to the post-renderer (can specify multiple)',
  },
];

/** Where a chart comes from. */
const locating = (): Flag[] => [
  text('repo', '<url>', 'chart repository url where to locate the requested chart'),
  text('version', '<constraint>', 'a version or a range of versions of the chart; the newest release by default'),
  bool('devel', 'use development versions, too'),
  bool('verify', 'verify the package before using it'),
  text('keyring', '<file>', 'location of public keys used for verification'),
  text('username', '<name>', 'chart repository username'),
  text('password', '<password>', 'chart repository password'),
  bool('pass-credentials', 'pass credentials to all domains'),
  text('ca-file', '<file>', 'verify certificates of HTTPS-enabled servers using this CA bundle'),
  text('cert-file', '<file>', 'identify HTTPS client using this SSL certificate file'),
  text('key-file', '<file>', 'identify HTTPS client using this SSL key file'),
  bool('insecure-skip-tls-verify', 'skip tls certificate checks for the chart download'),
  bool('plain-http', 'use insecure HTTP connections to a registry'),
  text('registry-config', '<file>', 'credentials of registries'),
  text('repository-config', '<file>', 'names and urls of repositories, as `helm repo add` writes them'),
  text('repository-cache', '<directory>', 'accepted; indexes are kept in --cache-dir', { hidden: true }),
];

/** What asks for more than rendering. */
const accepted = (): Flag[] =>
  [
    bool('create-namespace', INSTALLING),
    text('description', '<text>', INSTALLING),
    bool('disable-openapi-validation', CLUSTER),
    bool('replace', INSTALLING),
    bool('skip-crds', INSTALLING),
    bool('take-ownership', INSTALLING),
    { name: 'timeout', type: 'duration', value: '<duration>', usage: INSTALLING },
    bool('wait-for-jobs', INSTALLING),
    { name: 'burst-limit', type: 'int', value: '<n>', usage: CLUSTER },
    { name: 'qps', type: 'float', value: '<n>', usage: CLUSTER },
    text('kubeconfig', '<file>', 'its context names the namespace where no flag does'),
    text('kube-context', '<name>', 'the context of the kubeconfig'),
    text('kube-apiserver', '<address>', CLUSTER),
    { name: 'kube-as-group', type: 'array', value: '<group>', usage: CLUSTER },
    text('kube-as-user', '<name>', CLUSTER),
    text('kube-ca-file', '<file>', CLUSTER),
    bool('kube-insecure-skip-tls-verify', CLUSTER),
    text('kube-tls-server-name', '<name>', CLUSTER),
    text('kube-token', '<token>', CLUSTER),
    { name: 'v', short: 'v', type: 'int', value: '<level>', usage: CLUSTER },
  ].map((flag) => ({ ...flag, hidden: true }) as Flag);

const DRY_RUN_USAGE = 'client: accepted; server: refused, a cluster is never asked';
const NO_EFFECT = "this flag has no effect for 'helm template' and will be removed in Helm 5";

const own: Readonly<Record<HelmVersion, () => Flag[]>> = {
  '3': () => [
    bool('atomic', INSTALLING, { hidden: true }),
    bool('force', INSTALLING, { hidden: true }),
    bool('wait', INSTALLING, { hidden: true }),
    bool('validate', 'refused: a cluster is never asked', { hidden: true }),
    bool('hide-notes', INSTALLING, { hidden: true }),
    bool('render-subchart-notes', INSTALLING, { hidden: true }),
    text('dry-run', '<how>', DRY_RUN_USAGE, { bare: 'client', hidden: true }),
  ],
  '4': () => [
    bool('rollback-on-failure', INSTALLING, { hidden: true }),
    bool('atomic', INSTALLING, { hidden: true, deprecated: 'use --rollback-on-failure instead' }),
    bool('force-replace', INSTALLING, { hidden: true }),
    bool('force', INSTALLING, { hidden: true, deprecated: 'use --force-replace instead' }),
    bool('force-conflicts', INSTALLING, { hidden: true }),
    bool('server-side', INSTALLING, { hidden: true }),
    text('wait', '<strategy>', INSTALLING, { bare: 'watcher', hidden: true, refuse: refuseWait }),
    bool('validate', 'refused: a cluster is never asked', {
      hidden: true,
      deprecated: "use '--dry-run=server' instead",
    }),
    bool('hide-notes', INSTALLING, { hidden: true, deprecated: NO_EFFECT }),
    bool('render-subchart-notes', INSTALLING, { hidden: true, deprecated: NO_EFFECT }),
    text('dry-run', '<how>', DRY_RUN_USAGE, { bare: 'unset', hidden: true }),
    text('color', '<when>', 'accepted; the output has no colours', { hidden: true }),
    text('colour', '<when>', 'accepted; the output has no colours', { hidden: true }),
    text('content-cache', '<directory>', 'accepted; charts are kept in --cache-dir', { hidden: true }),
  ],
};

function refuseWait(value: string): string | undefined {
  return ['watcher', 'legacy', 'hookOnly', 'true', 'false'].includes(value)
    ? undefined
    : `invalid wait input ${quoteGo(value)}. Valid inputs are watcher, hookOnly, and legacy`;
}

/**
 * The flags of `helm template` in a major, global ones included.
 * @see Helm pkg/cmd/template.go, pkg/cmd/install.go and pkg/cmd/flags.go
 */
export function helmFlags(helmVersion: HelmVersion, postRenderer: Flag): readonly Flag[] {
  return [...rendering(), postRenderer, ...locating(), ...accepted(), ...own[helmVersion]()];
}

/** Flags of which Helm 4 takes one at most, as it names them. */
export const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['force', 'force-conflicts'],
  ['force-replace', 'force-conflicts'],
  ['validate', 'dry-run'],
];
