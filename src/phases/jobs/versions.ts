import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../cache/index.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { dnsName, type JobSpec, specDigest } from './job-spec.ts';

/** A configuration as it was exported once. */
export interface StoredVersion {
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly digest: string;
  /** The version that this one takes up again, for a rollback. */
  readonly rollbackTo?: number;
  readonly spec: JobSpec;
}

/**
 * Versions of exported configurations: `<directory>/<name>/v<number>.json`, the highest being the current one. They are files
 * of the repository, to be committed.
 */
export class JobVersions {
  readonly #directory: string;

  constructor(directory: string, name: string) {
    this.#directory = join(directory, dnsName(name));
  }

  /** Oldest first. Damaged files are passed over. */
  list(): StoredVersion[] {
    let names: string[];
    try {
      names = readdirSync(this.#directory);
    } catch {
      return [];
    }
    const versions: StoredVersion[] = [];
    for (const name of names) {
      if (!/^v\d+\.json$/.test(name)) continue;
      try {
        versions.push(JSON.parse(readFileSync(join(this.#directory, name), 'utf8')) as StoredVersion);
      } catch {
        // Not a version of ours.
      }
    }
    return versions.sort((a, b) => a.number - b.number);
  }

  /** Keeps a configuration as a new version, unless it is the current one already. */
  save(spec: JobSpec, at: string, rollbackTo?: number): StoredVersion {
    const latest = this.list().at(-1);
    const digest = specDigest({ ...spec, version: '' });
    if (latest !== undefined && latest.digest === digest && rollbackTo === undefined) return latest;
    const number = (latest?.number ?? 0) + 1;
    const stored: StoredVersion = {
      number,
      at,
      digest,
      ...(rollbackTo === undefined ? {} : { rollbackTo }),
      spec: { ...spec, version: String(number) },
    };
    mkdirSync(this.#directory, { recursive: true });
    replaceFile(join(this.#directory, `v${number}.json`), Buffer.from(`${JSON.stringify(stored, null, 2)}\n`));
    return stored;
  }

  /** Takes an earlier configuration up again, as a new version. */
  rollback(to: number, at: string): Result<StoredVersion> {
    const versions = this.list();
    const found = versions.find(({ number }) => number === to);
    if (found === undefined)
      return fail(
        failure('object-not-found', `there is no version ${to}`, {
          hint: `known versions: ${versions.map(({ number }) => number).join(', ') || 'none'}`,
        }),
      );
    return ok(this.save(found.spec, at, to));
  }
}
