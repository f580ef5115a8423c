import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** The file's usual name, at the repository's root. */
export const LOCK_FILE = 'flux-local.lock';
const VERSION = 1;

/**
 * Reads a lock file: reference name (`gitReferenceName` and its siblings) to revision. With it two runs, or base and head of
 * a pull request, see the same world.
 */
export function readLockfile(text: string): Result<Map<string, string>> {
  const refuse = (why: string): Result<Map<string, string>> =>
    fail(failure('invalid-object', `${LOCK_FILE} ${why}`, { hint: 'Write it again with `flux-local lock`.' }));
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return refuse(`cannot be read: ${(error as Error).message}`);
  }
  if (typeof content !== 'object' || content === null) return refuse('is no lock file');
  const { version, references } = content as { version?: unknown; references?: unknown };
  if (version !== VERSION) return refuse(`has the unknown version ${JSON.stringify(version)}`);
  if (typeof references !== 'object' || references === null || Array.isArray(references))
    return refuse('has no references');
  const lock = new Map<string, string>();
  for (const [name, revision] of Object.entries(references)) {
    if (typeof revision !== 'string') return refuse(`has no revision for ${JSON.stringify(name)}`);
    lock.set(name, revision);
  }
  return ok(lock);
}

/** One reference a line, sorted: made to be reviewed and merged. */
export function writeLockfile(lock: ReadonlyMap<string, string>): string {
  const lines = [...lock]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, revision]) => `    ${JSON.stringify(name)}: ${JSON.stringify(revision)}`);
  const references = lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n  }`;
  return `{\n  "version": ${VERSION},\n  "references": ${references}\n}\n`;
}
