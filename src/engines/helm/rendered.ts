import type { Failure } from '../../core/failure.ts';
import type { YamlValue } from '../../core/value.ts';
import type { Chart, HelmVersion } from './chart.ts';

/** What `.Release` holds. */
export interface ReleaseOptions {
  readonly name: string;
  readonly namespace: string;
  /** Default 1. */
  readonly revision?: number;
  /** Default: the reverse of `isUpgrade`. */
  readonly isInstall?: boolean;
  /** Default false. */
  readonly isUpgrade?: boolean;
  /** Default `Helm`. */
  readonly service?: string;
}

/** An object that `lookup` finds, as plain data or as a map: `apiVersion`, `kind`, `metadata.name`, `metadata.namespace`. */
export type LookupObject = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/**
 * What `lookup` asks: a list of objects, or a function that is given the arguments of `lookup` and returns an object, a list
 * (where the name is empty), or `undefined`.
 */
export type Lookup =
  | readonly LookupObject[]
  | ((
      apiVersion: string,
      kind: string,
      namespace: string,
      name: string,
    ) => LookupObject | readonly LookupObject[] | undefined);

export interface RenderOptions {
  readonly release: ReleaseOptions;
  /** `1.34.0` or `v1.34.0`, suffixes allowed. Default: what the Helm major was built with. */
  readonly kubeVersion?: string | undefined;
  /** Added to the default set, as `--api-versions` does. */
  readonly apiVersions?: readonly string[] | undefined;
  /** Default `4`. */
  readonly helmVersion?: HelmVersion | undefined;
  /** What `lookup` finds; none by default. */
  readonly lookup?: Lookup | undefined;
  /** An address of a host, for `getHostByName` (`undefined`: it has none). Without it the function gives no text. */
  readonly resolveHost?: ((host: string) => string | undefined) | undefined;
  readonly skipSchemaValidation?: boolean | undefined;
  /** Whether the stream begins with the files of `crds/`; `Rendered.crds` has them in any case. Default false. */
  readonly includeCrds?: boolean | undefined;
  /** Seeds random, clock and certificate functions. Default: made from the release and chart. `false`: real ones. */
  readonly seed?: string | false | undefined;
  /** `missingkey=error`, as `helm lint --strict` asks. */
  readonly strict?: boolean | undefined;
  /** Notes of subcharts as well. */
  readonly subNotes?: boolean | undefined;
  /** Called with each line that Helm logs, at once; `Rendered.warnings` holds them as well. */
  readonly log?: ((line: string) => void) | undefined;
  /** Do not refuse a chart whose declared dependencies are missing (helm-controller does not look). */
  readonly allowMissingDependencies?: boolean | undefined;
}

/** One document of a rendered template. */
export interface Manifest {
  /** `chart/templates/web.yaml`, with `charts/<name>/` for a subchart. */
  readonly path: string;
  /** The document's text, trimmed as Helm trims it. */
  readonly content: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** `metadata.name`; empty where the document has none. */
  readonly name: string;
  /** The document read (its first, were there several). Numbers keep their precision. */
  readonly value: YamlValue;
}

export type HookEvent =
  | 'pre-install'
  | 'post-install'
  | 'pre-delete'
  | 'post-delete'
  | 'pre-upgrade'
  | 'post-upgrade'
  | 'pre-rollback'
  | 'post-rollback'
  | 'test';

export interface Hook extends Manifest {
  readonly events: readonly HookEvent[];
  readonly weight: number;
  readonly deletePolicies: readonly string[];
  readonly outputLogPolicies: readonly string[];
}

/** A file of `crds/`, untouched; it may hold several documents. */
export interface CrdFile {
  /** `chart/crds/x.yaml`. */
  readonly path: string;
  readonly content: string;
}

/** Why a chart cannot be rendered. `message` is Helm's text. */
export interface RenderFailure extends Failure {
  /** Where a rendered file is no YAML: all of them, as `helm template --debug` prints them. */
  readonly partial?: string;
  /** Helm had a release already (values were fine): `helm template` then says how to see what was rendered. */
  readonly hasRelease?: boolean;
}

export interface Rendered {
  readonly chart: Chart;
  readonly helmVersion: HelmVersion;
  /** In install order. */
  readonly manifests: readonly Manifest[];
  /** In Helm's order of hooks (by kind; not by weight). */
  readonly hooks: readonly Hook[];
  /** Files of `crds/`, those of subcharts after. */
  readonly crds: readonly CrdFile[];
  readonly includeCrds: boolean;
  readonly notes: string;
  /** Lines that Helm logs while it renders. */
  readonly warnings: readonly string[];
}
