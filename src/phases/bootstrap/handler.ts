import type { Result } from '../../core/result.ts';
import type { Requirements } from './requirements.ts';
import type { BootstrapSettings } from './settings.ts';

/** What a handler sees. Paths that requirements name are relative to `workspace`; `locate` refuses those that lead out of it. */
export interface BootstrapContext {
  /** Absolute. */
  readonly workspace: string;
  /** Absolute. */
  readonly cacheDirectory: string;
  readonly requirements: Requirements;
  readonly settings: BootstrapSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** One line for each thing that was done. */
  log(line: string): void;
  /** A required path as an absolute one. @throws BootstrapProblem where it leads out of the workspace */
  locate(path: string): string;
  /** Bytes at a URL. */
  download(url: string): Promise<Result<Uint8Array>>;
}

/**
 * One sort of thing that a bootstrap makes. Handlers run one after the other, the lowest priority first, before anything else
 * is loaded. Running one twice changes nothing the second time.
 */
export interface BootstrapHandler {
  /** Unique; what settings and logs call it. */
  readonly name: string;
  /** Lower runs first. The built-in ones have 5 to 80, in steps that leave room. */
  readonly priority: number;
  /** Whether there is something to do. Only looks. */
  shouldRun(context: BootstrapContext): Promise<boolean>;
  /** Does it, and logs each action. Gives how many things were done. Throws `BootstrapProblem` where it cannot. */
  execute(context: BootstrapContext): Promise<number>;
}

/** Why a handler cannot do its work; becomes its failure. With `transient`, it is tried again. */
export class BootstrapProblem extends Error {
  readonly transient: boolean;
  constructor(message: string, transient = false) {
    super(message);
    this.name = 'BootstrapProblem';
    this.transient = transient;
  }
}
