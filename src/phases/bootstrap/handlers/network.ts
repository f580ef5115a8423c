import { connect } from 'node:net';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';

/** How long one connection may take. Milliseconds. */
const CONNECT_MS = 5000;

/** Checks that hosts can be reached. Only connects; nothing is sent. */
export const network: BootstrapHandler = {
  name: 'network',
  priority: 50,
  shouldRun: async (context) => context.requirements.network.length > 0,
  async execute(context) {
    await Promise.all(
      context.requirements.network.map(async ({ target, optional }) => {
        const problem = await reach(target, context);
        if (problem === undefined) context.log(`${target} can be reached`);
        else if (optional) context.log(`${target} cannot be reached (${problem}); it is optional`);
        else throw new BootstrapProblem(`${target} cannot be reached: ${problem}`, true);
      }),
    );
    return 0;
  },
};

function reach(target: string, context: BootstrapContext): Promise<string | undefined> {
  const place = placeOf(target);
  if (place === undefined) return Promise.resolve('it is neither host:port nor a URL');
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: CONNECT_MS });
    const end = (problem: string | undefined): void => {
      socket.destroy();
      context.signal.removeEventListener('abort', stop);
      resolve(problem);
    };
    const stop = (): void => end('time is up');
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error) => end(error.message || 'no connection'));
    context.signal.addEventListener('abort', stop, { once: true });
  });
}

function placeOf(target: string): { host: string; port: number } | undefined {
  if (target.includes('://')) {
    if (!URL.canParse(target)) return undefined;
    const url = new URL(target);
    const usual: Record<string, number> = { 'https:': 443, 'http:': 80, 'ssh:': 22, 'oci:': 443, 'git:': 9418 };
    const port = url.port === '' ? usual[url.protocol] : Number(url.port);
    return port === undefined ? undefined : { host: url.hostname.replace(/^\[|\]$/g, ''), port };
  }
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(target);
  return match === null ? { host: target, port: 443 } : { host: match[1] ?? '', port: Number(match[2]) };
}
