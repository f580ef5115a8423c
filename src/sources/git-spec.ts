import type { Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { readSpec } from './spec-fields.ts';

/** A GitRepository (v1, v1beta2, v1beta1). */
export interface GitRepositorySpec {
  readonly url: string;
  readonly ref: GitReference;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly recurseSubmodules: boolean;
  /** Directories, without a leading `./`. Empty: all files. */
  readonly sparseCheckout: readonly string[];
  readonly include: readonly GitInclude[];
  readonly provider: 'generic' | 'aws' | 'azure' | 'github';
  readonly suspend: boolean;
  /** Patterns that take the place of the default exclusions. */
  readonly ignore?: string;
  readonly secretRef?: string;
  readonly proxySecretRef?: string;
  readonly verify?: { readonly mode: 'HEAD' | 'Tag' | 'TagAndHEAD'; readonly secretRef: string };
}

/** commit wins over name, name over semver, semver over tag, tag over branch; `master` where none is given. */
export interface GitReference {
  readonly branch?: string;
  readonly tag?: string;
  readonly semver?: string;
  readonly name?: string;
  readonly commit?: string;
}

export interface GitInclude {
  /** A GitRepository of the same namespace. */
  readonly repository: string;
  readonly fromPath: string;
  /** The repository's name where the object gives none. */
  readonly toPath: string;
}

const SHA = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/;

export function readGitRepositorySpec(object: YamlMap): Result<GitRepositorySpec> {
  return readSpec(object, (spec) => {
    const url = spec.required('url');
    if (!/^(?:https?|ssh|file):\/\//.test(url))
      spec.refuse('url', `must begin with http://, https:// or ssh://, not ${JSON.stringify(url)}`);
    if (!URL.canParse(url)) spec.refuse('url', `is not a URL: ${JSON.stringify(url)}`);
    const ref = spec.fields('ref');
    const commit = ref?.text('commit');
    if (commit !== undefined && !SHA.test(commit)) ref?.refuse('commit', 'must be a whole commit id');
    const verify = spec.fields('verify');
    const mode = verify?.oneOf('mode', ['HEAD', 'head', 'Tag', 'TagAndHEAD'], 'HEAD') ?? 'HEAD';
    return {
      url,
      ref: {
        ...optional('branch', ref?.text('branch')),
        ...optional('tag', ref?.text('tag')),
        ...optional('semver', ref?.text('semver')),
        ...optional('name', ref?.text('name')),
        ...optional('commit', commit),
      },
      intervalMs: spec.durationMs('interval', 60_000),
      timeoutMs: spec.durationMs('timeout', 60_000),
      recurseSubmodules: spec.boolean('recurseSubmodules'),
      sparseCheckout: spec.strings('sparseCheckout').map((path) => path.replace(/^\.\//, '')),
      include: spec.list('include').map((include) => {
        const repository = include.reference('repository') ?? include.refuse('repository', 'is required');
        return {
          repository,
          fromPath: include.text('fromPath') ?? '',
          toPath: include.text('toPath') ?? repository,
        };
      }),
      provider: spec.oneOf('provider', ['generic', 'aws', 'azure', 'github'], 'generic'),
      suspend: spec.boolean('suspend'),
      ...optional('ignore', spec.string('ignore')),
      ...optional('secretRef', spec.reference('secretRef')),
      ...optional('proxySecretRef', spec.reference('proxySecretRef')),
      ...(verify === undefined
        ? {}
        : {
            verify: {
              mode: mode === 'head' ? ('HEAD' as const) : mode,
              secretRef: verify.reference('secretRef') ?? verify.refuse('secretRef', 'is required'),
            },
          }),
    };
  });
}

/** `{ [key]: value }`, or nothing where there is no value (exact optional properties). */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
