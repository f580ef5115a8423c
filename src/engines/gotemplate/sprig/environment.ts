import { contextOf } from '../context.ts';
import type { RuntimeFamily } from '../functions.ts';

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
  getHostByName: ['string', () => ''],
};
