import { isPlainInteger } from '../../core/plain-text.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { HelmVersion } from './chart.ts';
import { quoteGo } from './go-text.ts';

/** The Kubernetes version that each major of Helm assumes where none is given: its client library's. */
export const DEFAULT_KUBE_VERSION: Readonly<Record<HelmVersion, string>> = { '3': 'v1.37.0', '4': 'v1.37.0' };

export interface KubeVersion {
  /** What `.Capabilities.KubeVersion.Version` is: Helm 4 keeps suffixes, Helm 3 drops them. */
  readonly version: string;
  /** What constraints are held against: no suffix. */
  readonly normalized: string;
  readonly major: string;
  readonly minor: string;
}

/**
 * Reads a Kubernetes version: `1.34`, `v1.34.0`, `v1.33.4-gke.1245000`.
 * @see Helm pkg/chart/common/capabilities.go, ParseKubeVersion; k8s.io/apimachinery pkg/util/version, ParseGeneric
 */
export function parseKubeVersion(text: string, helmVersion: HelmVersion): Result<KubeVersion, string> {
  let parts: readonly string[] | undefined = (text.startsWith('v') ? text.slice(1) : text).split('.');
  if (!parts.every(isPlainInteger)) parts = /^\s*v?([0-9]+(?:\.[0-9]+)*).*$/.exec(text)?.[1]?.split('.');
  if (parts === undefined) return fail(`could not parse ${quoteGo(text)} as version`);
  if (parts.length < 2) return fail(`illegal version string ${quoteGo(text)}`);
  const first = parts[0]!;
  if (first.startsWith('0') && first !== '0')
    return fail(`illegal zero-prefixed version component ${quoteGo(first)} in ${quoteGo(text)}`);
  const numbers = parts.map((part) => BigInt(part).toString());
  const normalized = `v${numbers.join('.')}`;
  const version = helmVersion === '3' ? normalized : text.startsWith('v') ? text : `v${text}`;
  return ok({ version, normalized, major: numbers[0]!, minor: numbers[1]! });
}
