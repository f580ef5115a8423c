import type { Io } from './io.ts';

/** Commands whose output may be known from their last run. */
const REPLAYED = new Set(['build', 'get', 'test']);
/** Options that ask for work, or read files that no trace speaks of. */
const LIVE =
  /^--(?:no-cache|force|refresh|log-level|with-resource|registry-config|output-file|engine|help)(?:=|$)|^-h$/;

/** Whether the result of a command line may be kept and given again. */
export function isReplayable(argv: readonly string[], io: Io): boolean {
  return REPLAYED.has(argv[0] ?? '') && io.env.LOG_LEVEL === undefined && !argv.some((word) => LIVE.test(word));
}
