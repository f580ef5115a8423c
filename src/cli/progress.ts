import type { Event } from '../graph/index.ts';
import { formatId } from '../manifests/index.ts';
import type { StoreEvent } from '../store/index.ts';
import type { ClusterFlags } from './cluster-flags.ts';
import type { Io } from './io.ts';

const CLEAR = '\r\x1b[2K';
const REDRAW_MS = 60;

/** One line on stderr, for a terminal only: how many objects are done, and which one is under way. */
export class Progress {
  readonly #io: Io;
  readonly #on: boolean;
  readonly #known = new Set<string>();
  readonly #settled = new Set<string>();
  #drawn = 0;
  #failed = 0;

  constructor(io: Io, flags: ClusterFlags) {
    this.#io = io;
    this.#on = io.stderr.isTTY === true && flags.logLevel?.toLowerCase() !== 'debug' && io.env.TERM !== 'dumb';
  }

  on(event: StoreEvent): void {
    if (!this.#on) return;
    const id = formatId(event.object.id);
    const { phase } = event.object.status;
    if (phase !== 'Pending') this.#known.add(id);
    if (phase === 'Ready' || phase === 'Suspended' || phase === 'Failed' || phase === 'Blocked') this.#settled.add(id);
    if (event.type === 'status' && (phase === 'Failed' || phase === 'Blocked')) this.#failed++;
    const now = performance.now();
    if (now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : '';
    const line = `${this.#settled.size}/${this.#known.size}${failed}  ${phase.toLowerCase()} ${id}`;
    this.#io.stderr.write(CLEAR + line.slice(0, (this.#io.stderr.columns ?? 80) - 1));
  }

  close(): void {
    if (this.#on && this.#drawn > 0) this.#io.stderr.write(CLEAR);
  }
}

/** Each task, key and decision as a line on stderr. */
export function debugListener(io: Io): (event: Event) => void {
  return (event) => {
    switch (event.type) {
      case 'started':
        return io.stderr.write(`debug: ${event.node}: runs (${event.why})\n`);
      case 'suspended':
        return io.stderr.write(`debug: ${event.node}: waits for ${event.on}\n`);
      case 'done':
        return io.stderr.write(
          `debug: ${event.node}: ${event.outcome} in ${event.ms.toFixed(1)} ms${event.failure === undefined ? '' : ` [${event.failure.reason}]`}\n`,
        );
      case 'debug':
        return io.stderr.write(`debug: ${event.node}: ${event.message}\n`);
      case 'warning':
        return io.stderr.write(`debug: ${event.node}: warning: ${event.message}\n`);
    }
  };
}
