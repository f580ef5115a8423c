import { resolve } from 'node:path';
import { cacheDirectoryOf } from '../core/cache-directory.ts';
import type { Failure } from '../core/failure.ts';
import { formatLocation } from '../core/location.ts';
import { repositoryRoot } from '../phases/taskfile/index.ts';
import type { Io } from './io.ts';

/** Options of the `phase` commands. */
export interface PhaseOptions {
  readonly workspace?: string;
  readonly path?: string;
  readonly cacheDir?: string;
  readonly force?: readonly string[];
  readonly interactive?: boolean;
  readonly dry?: boolean;
  readonly output?: string;
  readonly limit?: string;
  readonly all?: boolean;
}

/** Where the workspace is, and where its markers and history are kept. */
export function placesOf(options: PhaseOptions, io: Io): { workspace: string; cacheDirectory: string } {
  const workspace =
    options.workspace === undefined ? (repositoryRoot(io.cwd) ?? io.cwd) : resolve(io.cwd, options.workspace);
  return { workspace, cacheDirectory: cacheDirectoryOf(options.cacheDir, io, workspace) };
}

export function complain(io: Io, message: string): number {
  io.stderr.write(`error: ${message}\n`);
  return 1;
}

/** A failure's message behind its place. */
export const located = ({ at, message }: Failure): string =>
  at === undefined ? message : `${formatLocation(at)}: ${message}`;
