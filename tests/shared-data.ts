import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The conformance data that stands beside a checkout during development; a released checkout has only its own. */
const SHARED = join(import.meta.dirname, '../../shared/conformance');

/** The path of a file of the shared conformance data, or `undefined` where it is not there. */
export function sharedFile(name: string): string | undefined {
  const path = join(SHARED, name);
  return existsSync(path) ? path : undefined;
}
