import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { optional } from './git-spec.ts';
import { type Fields, readSpec } from './spec-fields.ts';

/** An OCIRepository (v1, v1beta2). */
export interface OciRepositorySpec {
  /** `oci://host[:port]/path` */
  readonly url: string;
  readonly ref: OciReference;
  readonly layerSelector: { readonly mediaType?: string; readonly operation: 'extract' | 'copy' };
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly provider: 'generic' | 'aws' | 'azure' | 'gcp';
  /** Plain HTTP. */
  readonly insecure: boolean;
  readonly suspend: boolean;
  readonly ignore?: string;
  readonly secretRef?: string;
  readonly certSecretRef?: string;
  readonly proxySecretRef?: string;
  readonly serviceAccountName?: string;
  readonly verify?: OciVerification;
}

/** digest wins over semver, semver over tag; `latest` where none is given. */
export interface OciReference {
  readonly digest?: string;
  readonly semver?: string;
  /** A regular expression (RE2) that tags must match before `semver` chooses. */
  readonly semverFilter?: string;
  readonly tag?: string;
}

export interface OciVerification {
  readonly provider: 'cosign' | 'notation';
  readonly secretRef?: string;
}

export function readOciRepositorySpec(object: YamlMap): Result<OciRepositorySpec> {
  return readSpec(object, (spec) => {
    const url = spec.required('url');
    if (!url.startsWith('oci://'))
      spec.refuse('url', `must be in format 'oci://<domain>/<org>/<repo>', not ${JSON.stringify(url)}`);
    if (!URL.canParse(url)) spec.refuse('url', `is not a URL: ${JSON.stringify(url)}`);
    const ref = spec.fields('ref');
    const selector = spec.fields('layerSelector');
    return {
      url,
      ref: {
        ...optional('digest', ref?.text('digest')),
        ...optional('semver', ref?.text('semver')),
        ...optional('semverFilter', ref?.text('semverFilter')),
        ...optional('tag', ref?.text('tag')),
      },
      layerSelector: {
        ...optional('mediaType', selector?.text('mediaType')),
        operation: selector?.oneOf('operation', ['extract', 'copy'], 'extract') ?? 'extract',
      },
      intervalMs: spec.durationMs('interval', 60_000),
      timeoutMs: spec.durationMs('timeout', 60_000),
      provider: spec.oneOf('provider', ['generic', 'aws', 'azure', 'gcp'], 'generic'),
      insecure: spec.boolean('insecure'),
      suspend: spec.boolean('suspend'),
      ...optional('ignore', spec.string('ignore')),
      ...optional('secretRef', spec.reference('secretRef')),
      ...optional('certSecretRef', spec.reference('certSecretRef')),
      ...optional('proxySecretRef', spec.reference('proxySecretRef')),
      ...optional('serviceAccountName', spec.text('serviceAccountName')),
      ...optional('verify', readOciVerification(spec)),
    };
  });
}

const PROVIDERS = ['cosign', 'notation'] as const;

/** The `spec.verify` of a chart, whose other fields are read elsewhere. */
export function readVerification(
  verify: { readonly provider: string; readonly secretRef?: string } | undefined,
): Result<{ readonly verify?: OciVerification }> {
  if (verify === undefined) return ok({});
  const provider = PROVIDERS.find((name) => name === verify.provider);
  if (provider === undefined)
    return fail(failure('invalid-object', `unsupported verification provider: ${verify.provider}`));
  return ok({ verify: { ...verify, provider } });
}

export function readOciVerification(spec: Fields): OciVerification | undefined {
  const verify = spec.fields('verify');
  if (verify === undefined) return undefined;
  return {
    provider: verify.oneOf('provider', PROVIDERS, 'cosign'),
    ...optional('secretRef', verify.reference('secretRef')),
  };
}
