import { canonicalJson, sha256 } from '../../core/digest.ts';

/** One step of the work: a container that runs to its end. */
export interface JobStep {
  readonly name: string;
  readonly command: readonly string[];
  readonly image?: string;
}

/** What has to run once in a cluster, and how. */
export interface JobSpec {
  /** Base of all names. */
  readonly name: string;
  readonly namespace: string;
  /** Part of the names; a changed version is a new Job. */
  readonly version: string;
  /** Default for all steps, with a tag or a digest; '' where each step has its own. */
  readonly image: string;
  /** Run one after the other, in one Job (or, chained, in one Job each). */
  readonly steps: readonly JobStep[];
  readonly environment: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly resources: {
    readonly requests: { readonly cpu: string; readonly memory: string };
    readonly limits: { readonly cpu: string; readonly memory: string };
  };
  readonly backoffLimit: number;
  readonly ttlSecondsAfterFinished: number;
  readonly activeDeadlineSeconds: number;
  readonly restartPolicy: 'Never' | 'OnFailure';
  /** Cron expression, for a CronJob. */
  readonly schedule: string;
  /** Ends names in place of the digest. */
  readonly timestamp: string;
}

export const DEFAULT_SPEC: JobSpec = {
  name: 'bootstrap',
  namespace: 'flux-system',
  version: '1',
  image: '',
  steps: [],
  environment: {},
  serviceAccount: '',
  resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  backoffLimit: 3,
  ttlSecondsAfterFinished: 86_400,
  activeDeadlineSeconds: 900,
  restartPolicy: 'Never',
  schedule: '0 3 * * *',
  timestamp: '',
};

/** Names of objects: at most 63 characters that DNS takes. */
export function dnsName(...parts: readonly string[]): string {
  const clean = parts
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-+|-+$/g, '');
  if (clean.length <= 63) return clean;
  return `${clean.slice(0, 54).replace(/-+$/, '')}-${sha256(clean).slice(0, 8)}`;
}

/** What tells one spec from another: eight hex digits. */
export const specDigest = (spec: JobSpec): string => sha256(canonicalJson({ ...spec, timestamp: '' })).slice(0, 8);

/** `<name>[-<part>]-v<version>-<digest or timestamp>`: the same spec has the same name, another one another. */
export function jobName(spec: JobSpec, part = ''): string {
  const end = spec.timestamp === '' ? specDigest(spec) : spec.timestamp;
  const suffix = `v${spec.version.replace(/^v/, '')}-${end}`;
  const base = dnsName(spec.name, part);
  return dnsName(base.slice(0, Math.max(1, 62 - dnsName(suffix).length)), suffix);
}
