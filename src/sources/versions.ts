import { parseVersion, type Version } from '../core/semver.ts';

/** Flux reads only versions of three parts out of tags and indexes. @see fluxcd/pkg version/version.go, ParseVersion */
export function parseFluxVersion(text: string): Version | undefined {
  if (text.split('.', 3).length !== 3) return undefined;
  const version = parseVersion(text);
  return version.ok ? version.value : undefined;
}
