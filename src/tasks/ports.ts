import type { Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import type { Warning } from '../core/warning.ts';
import type { RemoteRequest } from '../engines/kustomize/index.ts';
import type { MutableReference } from '../graph/task.ts';
import type { ExternalEngines } from './external.ts';

/** What changes how objects are rendered, for a whole run. Part of the keys of the tasks that read it. */
export interface RenderOptions {
  /** `1.34.0`; `.Capabilities.KubeVersion`. */
  readonly kubeVersion?: string;
  /** Added to Helm's default `.Capabilities.APIVersions`. */
  readonly apiVersions: readonly string[];
  readonly helmVersion: '3' | '4';
  readonly isUpgrade: boolean;
  readonly noHooks: boolean;
  readonly showOnly: readonly string[];
  readonly skipSchemaValidation: boolean;
  /** A variable without a value is an error instead of empty text. */
  readonly strictSubstitute: boolean;
  /** helm-controller's `DisableChartDigestTracking`: the digest of an OCI artifact is no part of its chart's version. */
  readonly disableChartDigestTracking: boolean;
  /** `--substitute KEY=VALUE`: variables that win over `postBuild`. */
  readonly substitute: ReadonlyMap<string, string>;
}

/** A fetched source: where its files are, and the revision as Flux writes it. */
export interface FetchedSource {
  /** Absolute path of the tree; for a single file, of the directory that holds it. */
  readonly path: string;
  /** Absolute path of the one file that the source is (a packaged chart, a copied layer). */
  readonly file?: string;
  readonly revision: string;
  /** Set where the files are to be seen through source-controller's ignore rules, with those of `spec.ignore`. */
  readonly ignore?: { readonly rules: string | undefined; readonly bucket?: boolean };
}

/** The way from a task to the network. Handed in, so that `tasks` can be tried without one. */
export interface SourcePort {
  /** Reads a source object with what it names. Asks no network yet. */
  open(request: SourceRequest): Promise<Result<OpenSource>>;
  /** A base or file on another host that a kustomization names. */
  openRemote(request: RemoteRequest): Promise<Result<OpenSource>>;
}

/** A source that is ready to be asked. */
export interface OpenSource {
  /** What a GitRepository includes of others in its namespace. */
  readonly include?: readonly { readonly repository: string; readonly fromPath: string; readonly toPath: string }[];
  /** What the source names, and how to find out what that means now. */
  readonly reference: MutableReference;
  /** What a lock file calls the reference, where its name says where the workspace lies on this machine. */
  readonly lockName?: string;
  /** Fetches a revision; immediate where it is in the cache. */
  fetch(revision: string, signal: AbortSignal): Promise<Result<FetchedSource>>;
}

/** A source object with what it names. */
export interface SourceRequest {
  readonly object: YamlMap;
  /** For a HelmRepository: the chart, its version constraint, and with what its signature is checked. */
  readonly chart?: {
    readonly name: string;
    readonly version: string;
    readonly verify?: { readonly provider: string; readonly secretRef?: string };
  };
  /** `imagePullSecrets` of the ServiceAccount that the object names. */
  readonly pullSecrets?: readonly YamlMap[];
  /** Takes what the fetch goes on without: a signature that cannot be checked. */
  readonly warn?: (warning: string | Warning) => void;
  /** A Secret or ConfigMap that the object names, in its own namespace, as far as the run has it. */
  secret(name: string): YamlMap | undefined;
}

export interface TaskPorts {
  readonly options: RenderOptions;
  readonly sources: SourcePort;
  /** Renders in place of the engines here. */
  readonly external?: ExternalEngines;
  /** Passes the workspace's lock file over. */
  readonly ignoreLock?: boolean;
}
