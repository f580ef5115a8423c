import type { Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { optional } from './git-spec.ts';
import { readSpec } from './spec-fields.ts';

/** A Bucket (v1, v1beta2, v1beta1). */
export interface BucketSpec {
  readonly provider: 'generic' | 'aws' | 'gcp' | 'azure';
  readonly bucketName: string;
  /** Host and port, no scheme. */
  readonly endpoint: string;
  readonly region: string;
  /** Objects whose keys begin with it; files keep the whole key as their path. */
  readonly prefix: string;
  /** Plain HTTP. */
  readonly insecure: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly suspend: boolean;
  /** `aws` or `ldap`: short-lived credentials of a token service. */
  readonly sts?: string;
  readonly ignore?: string;
  readonly secretRef?: string;
  readonly certSecretRef?: string;
  readonly proxySecretRef?: string;
}

export function readBucketSpec(object: YamlMap): Result<BucketSpec> {
  return readSpec(object, (spec) => ({
    provider: spec.oneOf('provider', ['generic', 'aws', 'gcp', 'azure'], 'generic'),
    bucketName: spec.required('bucketName'),
    endpoint: spec.required('endpoint'),
    region: spec.text('region') ?? '',
    prefix: spec.text('prefix') ?? '',
    insecure: spec.boolean('insecure'),
    intervalMs: spec.durationMs('interval', 60_000),
    timeoutMs: spec.durationMs('timeout', 60_000),
    suspend: spec.boolean('suspend'),
    ...optional('sts', spec.fields('sts')?.required('provider')),
    ...optional('ignore', spec.string('ignore')),
    ...optional('secretRef', spec.reference('secretRef')),
    ...optional('certSecretRef', spec.reference('certSecretRef')),
    ...optional('proxySecretRef', spec.reference('proxySecretRef')),
  }));
}
