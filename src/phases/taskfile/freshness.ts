import type { YamlValue } from '../../core/value.ts';
import type { CompiledTask } from './compile.ts';

/** Whether a task's work has to be done, and why: what `--explain` prints. */
export type Freshness = { readonly fresh: true } | { readonly fresh: false; readonly why: string };

/** Remembers what tasks have done. The record of a task is made after its work, and only when that succeeded. */
export interface Memory {
  /** Answers without running or writing anything. */
  check(task: CompiledTask): Promise<Freshness>;
  /**
   * Does the work of a task, or puts its outputs back where its record holds.
   * @param force do the work in any case; its record is renewed
   * @returns how it went
   */
  perform(task: CompiledTask, force: boolean, work: () => Promise<void>): Promise<'fresh' | 'built'>;
  /** The value of `CHECKSUM` (a digest of the sources' names and bytes) or `TIMESTAMP` (the newest one's time). */
  value(task: CompiledTask, method: string): Promise<YamlValue>;
  close(): Promise<void>;
}
