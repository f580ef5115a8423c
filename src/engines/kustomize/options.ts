import type { Failure } from '../../core/failure.ts';
import type { FileSystem } from '../../core/file-system.ts';
import type { Result } from '../../core/result.ts';
import type { YamlMap } from '../../core/value.ts';

/** How a build behaves where the command line, not the kustomization, decides. */
export interface KustomizeOptions {
  /** `rootOnly` (the default) lets a kustomization read files in or below its own directory only; `none` any file of `fs`. */
  readonly loadRestrictions?: 'rootOnly' | 'none';
  /** `none` keeps the order of reading; `legacy` and `unspecified` (the default) sort by kind. `sortOptions` wins over it. */
  readonly reorder?: 'legacy' | 'none' | 'unspecified';
  /** Adds `app.kubernetes.io/managed-by: kustomize-<version>` to every object. */
  readonly managedByLabel?: boolean;
  /** What `managedByLabel` names; kustomize used as a library says `(devel)`, which is the default. */
  readonly version?: string;
  /** Says no more than that plugins are wanted: functions and executables are refused either way, with another message. */
  readonly enableAlphaPlugins?: boolean;
  /** Inflates `helmCharts`. Without it they are refused as kustomize refuses them without `--enable-helm`. */
  readonly helm?: HelmPort;
  /** Answers for bases and files on other hosts. Without it each of them is missing. */
  readonly remotes?: RemotePort;
  /**
   * Where `/` of `fs` really is (`/home/me/repo`): stands before paths in messages, and a path that leads above it is refused.
   * By default `/` is the root of a disk, where `/..` is `/`.
   */
  readonly rootName?: string;
  /**
   * `/` is the root of a source in Flux's hands: what leads above it, and every absolute path of a file, is refused with the words
   * of Flux's file system.
   * @see fluxcd/pkg kustomize/filesys/fs_secure.go
   */
  readonly contained?: boolean;
}

/** A base in a Git repository, or a file behind a URL. */
export interface RemoteRequest {
  readonly kind: 'git' | 'http';
  /** As written in the kustomization. */
  readonly url: string;
  /** What to clone (`git`), or what to get (`http`). */
  readonly repository: string;
  /** Branch, tag or commit; empty for the default branch. */
  readonly ref: string;
  /** The directory of the kustomization within the repository; empty for its root. */
  readonly path: string;
  readonly submodules: boolean;
}

/** What stands behind a `RemoteRequest`. */
export type RemoteAnswer =
  | { readonly kind: 'git'; readonly fs: FileSystem }
  | { readonly kind: 'http'; readonly status: number; readonly body: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string };

/** `undefined` says "not fetched yet": the build then fails, and its failure lists the request in `missingRemotes`. */
export type RemotePort = (request: RemoteRequest) => RemoteAnswer | undefined;

/** One entry of `helmCharts`, values already merged as `valuesMerge` asks. */
export interface HelmRequest {
  /** The directory of the chart in `fs` where it exists there: `<chartHome>/<name>`. */
  readonly chartDirectory: string;
  /** The file system that `chartDirectory` is in. */
  readonly fs: FileSystem;
  /** Whether there is a directory at `chartDirectory`; if not, the chart comes from `repo`. */
  readonly local: boolean;
  readonly name: string;
  readonly repo: string;
  readonly version: string;
  readonly releaseName: string;
  readonly nameTemplate: string;
  readonly namespace: string;
  /** The values files in the order of `-f`, each read as Helm reads one. */
  readonly values: readonly HelmValues[];
  readonly includeCrds: boolean;
  readonly skipHooks: boolean;
  readonly skipTests: boolean;
  readonly apiVersions: readonly string[];
  readonly kubeVersion: string;
  readonly devel: boolean;
}

/** Values as text of a file, or (merged with `valuesInline`) as data; `chart-default` is the chart's own `values.yaml`. */
export type HelmValues =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'data'; readonly value: YamlMap }
  | { readonly kind: 'inline-over-chart'; readonly value: YamlMap; readonly merge: 'merge' | 'override' };

export type HelmPort = (request: HelmRequest) => Result<string>;

/** An object of the output. */
export interface KustomizeResource {
  readonly object: YamlMap;
  /** The id as kustomize writes it in messages: `Deployment.v1.apps/web.default`. */
  readonly id: string;
  /** `default` where it names none; `undefined` for kinds known to have none. */
  readonly namespace: string | undefined;
}

export interface KustomizeOutput {
  readonly resources: readonly KustomizeResource[];
  /** What kustomize prints to stderr: deprecated fields, unused vars. */
  readonly warnings: readonly string[];
}

/** `reason` is `build-failed`, or `path-escapes` and `path-not-found` where that is all there is to it. */
export interface KustomizeFailure extends Failure {
  /** Bases and files to fetch; the build can be tried again with a `remotes` that has them. */
  readonly missingRemotes?: readonly RemoteRequest[];
}
