import { constants } from 'node:os';

/** A request from outside to end. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** 128 and the signal's number, as shells tell it; `undefined` as long as there is none. */
  readonly exitCode: number | undefined;
  /** Signals end the process again, as they do by default. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns signals into an end in good order: what runs is stopped and told of. A second one ends the process at once. */
export function onInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = 128 + constants.signals[name];
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
