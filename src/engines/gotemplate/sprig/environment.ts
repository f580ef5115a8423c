import { contextOf } from '../context.ts';
import { GoError } from '../errors.ts';
import type { RuntimeFamily } from '../functions.ts';
import type { Runtime } from '../runtime.ts';

/** The environment, as far as the context gives one. @see sprig functions.go; Go src/os/env.go */
export const ENVIRONMENT: RuntimeFamily = {
  env: ['string', (rt, name: string) => contextOf(rt).env.get(name) ?? ''],
  expandenv: [
    'string',
    (rt, text: string) =>
      text.replace(/\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*)|([0-9*#@!?$-]))/g, (_, braced, plain, special) => {
        const name: string = braced ?? plain ?? special;
        return contextOf(rt).env.get(name) ?? '';
      }),
  ],
  getHostByName: ['string', getHostByName],
};

/** One of a host's addresses. @see sprig network.go: of no addresses none can be drawn, which Go tells so */
export function getHostByName(rt: Runtime, host: string): string {
  const { resolveHost } = contextOf(rt);
  if (resolveHost === undefined) return '';
  const address = resolveHost(host);
  if (address === undefined) throw new GoError('invalid argument to Intn');
  return address;
}
