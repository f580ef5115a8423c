import type { Logger } from './logger.ts';

const NAMES: Readonly<Record<string, string>> = { SIGINT: 'interrupt', SIGTERM: 'terminated', SIGHUP: 'hangup' };
const MAX_SIGNALS = 3;

/**
 * While a run goes on, a signal to end is for its commands, which a terminal tells themselves: they can tidy up, and deferred
 * commands run. The third signal ends the process.
 * @returns what ends that
 */
export function interceptSignals(logger: Logger): () => void {
  let count = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    count++;
    if (count >= MAX_SIGNALS) {
      logger.err('red', `task: Signal received for the third time: "${NAMES[signal]}". Forcing shutdown\n`);
      process.exit(1);
    }
    logger.out('yellow', `task: Signal received: "${NAMES[signal]}"\n`);
  };
  const signals = Object.keys(NAMES) as NodeJS.Signals[];
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
