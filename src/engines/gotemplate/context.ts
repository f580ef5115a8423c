import { type Cipher, createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { Runtime } from './runtime.ts';
import type { GoValue } from './value.ts';

/** What functions take from outside: randomness, the clock, objects of a cluster. One for each rendering. */
export interface FunctionContext {
  readonly randomBytes: (count: number) => Uint8Array;
  readonly now: () => Instant;
  /** Environment of `env` and `expandenv`, where the table has them. */
  readonly env: ReadonlyMap<string, string>;
  readonly lookup: ((apiVersion: string, kind: string, namespace: string, name: string) => GoValue) | undefined;
  /** An address of a host, for `getHostByName`; without it the function gives no text. */
  readonly resolveHost: ResolveHost | undefined;
  /** `required` and `fail` do not fail, as under `helm lint`. */
  readonly lint: boolean;
}
/** `undefined` for a host without an address. */
export type ResolveHost = (host: string) => string | undefined;
/** A moment: seconds since 1970 and nanoseconds of the second. */
export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface ContextOptions {
  /**
   * What random values, keys and certificates are made from: the same seed gives the same ones. `false`: they come from the
   * system, and the clock is the real one.
   */
  readonly seed?: string | false | undefined;
  /** What `now` is; by default a fixed moment under a seed, the real one without. */
  readonly now?: Date | undefined;
  readonly env?: ReadonlyMap<string, string> | undefined;
  readonly lookup?: FunctionContext['lookup'] | undefined;
  readonly resolveHost?: ResolveHost | undefined;
  readonly lint?: boolean | undefined;
}

/** What `now` is under a seed: 2025-01-01T00:00:00Z. */
const FIXED_NOW = Date.UTC(2025, 0, 1);

/** Endless bytes from a seed: AES-256 in counter mode under the seed's SHA-256. */
function seededBytes(seed: string): (count: number) => Uint8Array {
  let cipher: Cipher | undefined; // most charts ask for none
  return (count) => {
    cipher ??= createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
    return cipher.update(Buffer.alloc(count));
  };
}

export function functionContext(options: ContextOptions = {}): FunctionContext {
  const { seed = '', now, env = new Map(), lookup, resolveHost, lint = false } = options;
  const bytes = seed === false ? (count: number) => randomBytes(count) : seededBytes(seed);
  const clock = (): Instant => {
    const ms = now?.getTime() ?? (seed === false ? Date.now() : FIXED_NOW);
    return { seconds: Math.floor(ms / 1000), nanoseconds: (ms - Math.floor(ms / 1000) * 1000) * 1e6 };
  };
  return { randomBytes: bytes, now: clock, env, lookup, resolveHost, lint };
}

const defaultContext = functionContext();
/** The context of an execution; one with the empty seed where its set was given none. */
export const contextOf = (rt: Runtime): FunctionContext =>
  (rt.context as FunctionContext | undefined) ?? defaultContext;
