import type { Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { optional } from './git-spec.ts';
import { type OciVerification, readOciVerification } from './oci-spec.ts';
import { readSpec } from './spec-fields.ts';

/** A HelmRepository (v1, v1beta2, v1beta1). */
export interface HelmRepositorySpec {
  readonly url: string;
  readonly type: 'default' | 'oci';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Gives `secretRef`'s user and password to other hosts that the index sends to. */
  readonly passCredentials: boolean;
  readonly provider: 'generic' | 'aws' | 'azure' | 'gcp';
  /** Plain HTTP, for `type: oci`. */
  readonly insecure: boolean;
  readonly suspend: boolean;
  readonly secretRef?: string;
  readonly certSecretRef?: string;
}

/** What is asked of a HelmRepository. */
export interface ChartRequest {
  readonly name: string;
  /** A version or a range. Empty: the newest release. */
  readonly version: string;
  readonly verify?: OciVerification;
}

/** A HelmChart (v1, v1beta2, v1beta1). */
export interface HelmChartSpec {
  readonly chart: string;
  readonly version: string;
  readonly sourceRef: { readonly kind: 'HelmRepository' | 'GitRepository' | 'Bucket'; readonly name: string };
  readonly intervalMs: number;
  readonly valuesFiles: readonly string[];
  readonly ignoreMissingValuesFiles: boolean;
  readonly reconcileStrategy: 'ChartVersion' | 'Revision';
  readonly suspend: boolean;
  readonly verify?: OciVerification;
}

export function readHelmRepositorySpec(object: YamlMap): Result<HelmRepositorySpec> {
  return readSpec(object, (spec) => {
    const url = spec.required('url');
    if (!/^(?:https?|oci):\/\//.test(url))
      spec.refuse('url', `must begin with http://, https:// or oci://, not ${JSON.stringify(url)}`);
    if (!URL.canParse(url)) spec.refuse('url', `is not a URL: ${JSON.stringify(url)}`);
    const type = spec.oneOf('type', ['default', 'oci'], 'default');
    if ((type === 'oci') !== url.startsWith('oci://'))
      spec.refuse('url', type === 'oci' ? 'must begin with oci:// for type oci' : 'needs type: oci');
    return {
      url,
      type,
      intervalMs: spec.durationMs('interval', 60_000),
      timeoutMs: spec.durationMs('timeout', 60_000),
      passCredentials: spec.boolean('passCredentials'),
      provider: spec.oneOf('provider', ['generic', 'aws', 'azure', 'gcp'], 'generic'),
      insecure: spec.boolean('insecure'),
      suspend: spec.boolean('suspend'),
      ...optional('secretRef', spec.reference('secretRef')),
      ...optional('certSecretRef', spec.reference('certSecretRef')),
    };
  });
}

/** The repository behind an address alone: a chart's dependency, a kustomization's `helmCharts`. */
export function helmRepositoryAt(url: string): HelmRepositorySpec {
  return {
    url,
    type: url.startsWith('oci://') ? 'oci' : 'default',
    intervalMs: 3_600_000,
    timeoutMs: 60_000,
    passCredentials: false,
    provider: 'generic',
    insecure: false,
    suspend: false,
  };
}

export function readHelmChartSpec(object: YamlMap): Result<HelmChartSpec> {
  return readSpec(object, (spec) => {
    const source = spec.fields('sourceRef') ?? spec.refuse('sourceRef', 'is required');
    const valuesFile = spec.text('valuesFile');
    return {
      chart: spec.required('chart'),
      version: spec.text('version') ?? '*',
      sourceRef: {
        kind: source.oneOf('kind', ['HelmRepository', 'GitRepository', 'Bucket'], 'HelmRepository'),
        name: source.required('name'),
      },
      intervalMs: spec.durationMs('interval', 60_000),
      valuesFiles: [...spec.strings('valuesFiles'), ...(valuesFile === undefined ? [] : [valuesFile])],
      ignoreMissingValuesFiles: spec.boolean('ignoreMissingValuesFiles'),
      reconcileStrategy: spec.oneOf('reconcileStrategy', ['ChartVersion', 'Revision'], 'ChartVersion'),
      suspend: spec.boolean('suspend'),
      ...optional('verify', readOciVerification(spec)),
    };
  });
}
