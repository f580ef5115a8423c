import { closeSync, fstatSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { replaceFile } from '../cache/replace-file.ts';

/** Runs that add what they compiled, whenever they are: the first may have been no more than a question for help. */
const ADDING_RUNS = 3;
/** Later ones add when the file is so old, and twice as old each time: what is asked for most may have been asked for last. */
const ADDING_AGE_MS = 2000;
const UNUSED_MS = 30 * 86_400_000;
const PIECE = 128 * 1024;
const ALIGNMENT = 8; // what V8 reads without copying it first

interface Head {
  readonly runs: number;
  /** Name and length in bytes of each part, in the order of the parts. */
  readonly parts: readonly (readonly [string, number])[];
}

/**
 * Compiled code of the scripts that a command loads, kept in one file between runs: V8 takes it up in a tenth of the time that it
 * takes to compile. V8 trusts what it is given, so the file holds everything twice, and is of use only while both are equal: a
 * comparison is the one check that costs next to nothing. Anything else wrong with it (another version of V8, other flags) V8
 * says itself, and the script is compiled as if nothing were kept.
 */
export class CodePack {
  readonly #file: string | undefined;
  readonly #kept: Map<string, Buffer>;
  readonly #runs: number;
  /** Whether this run adds what it compiles. */
  readonly #adding: boolean;
  readonly #scripts = new Map<string, Script>();
  #incomplete = false;

  /** @param file where the code is kept; `undefined` keeps nothing */
  constructor(file: string | undefined) {
    this.#file = file;
    const { runs, kept, written } = file === undefined ? NOTHING : read(file);
    this.#runs = runs;
    this.#adding = runs < ADDING_RUNS || Date.now() - written > ADDING_AGE_MS * 2 ** (runs - ADDING_RUNS);
    this.#kept = kept;
  }

  /**
   * @param name names this text and no other: it holds a digest of it
   * @param filename the path that stack traces show
   */
  compile(name: string, text: string, filename: string): Script {
    const cachedData = this.#kept.get(name);
    const script = new Script(text, cachedData === undefined ? { filename } : { filename, cachedData });
    if (cachedData === undefined || script.cachedDataRejected === true) this.#incomplete = true;
    this.#scripts.set(name, script);
    return script;
  }

  /** Whether there may be more to keep than was kept. */
  get isDue(): boolean {
    return this.#file !== undefined && (this.#incomplete || this.#adding);
  }

  /** Keeps what was compiled, functions included, where that may be more than was kept. Where it cannot be written nothing is kept. */
  save(): void {
    if (this.#file === undefined || !this.isDue) return;
    const parts = new Map(this.#kept);
    for (const [name, script] of this.#scripts) parts.set(name, script.createCachedData());
    try {
      replaceFile(this.#file, encode({ runs: this.#runs + 1, parts }));
      removeUnused(dirname(this.#file));
    } catch {
      // The next run compiles again.
    }
  }
}

/**
 * The file of a command's code, in the user's cache directory or that of `NODE_COMPILE_CACHE`; `undefined` where there is none,
 * or `NODE_DISABLE_COMPILE_CACHE` is set.
 * @param build names the build of the program
 */
export function codePackFile(command: string, build: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env.NODE_DISABLE_COMPILE_CACHE || !/^[a-z]{1,20}$/.test(command)) return undefined;
  try {
    const flags = [...process.execArgv, env.NODE_OPTIONS ?? ''].join(' ');
    const name = [command, build, process.version, process.arch, hash(flags)].join('-');
    return `${env.NODE_COMPILE_CACHE || userCache(env)}/flux-local/code/${name}`;
  } catch {
    return undefined; // no home directory
  }
}

function userCache(env: NodeJS.ProcessEnv): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  if (process.platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return `${env.HOME || homedir()}/${process.platform === 'darwin' ? 'Library/Caches' : '.cache'}`;
}

/** FNV-1a: V8 refuses code of other flags, so that runs of both would write over each other's. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(36);
}

const NOTHING: {
  readonly runs: number;
  readonly kept: Map<string, Buffer>;
  /** When, in ms. */
  readonly written: number;
} = { runs: 0, kept: new Map(), written: 0 };

function read(file: string): typeof NOTHING {
  try {
    const found = readTwice(file);
    if (found === undefined) return NOTHING;
    const { one, written } = found;
    const length = one.readUInt32LE(0);
    const head = JSON.parse(one.toString('utf8', 4, 4 + length)) as Head;
    const kept = new Map<string, Buffer>();
    let at = aligned(4 + length);
    for (const [name, size] of head.parts) {
      kept.set(name, one.subarray(at, at + size));
      at = aligned(at + size);
    }
    return { runs: head.runs, kept, written };
  } catch {
    return NOTHING;
  }
}

/** The first half of a file, where the second is equal to it. That one is read piece by piece: fresh memory costs most. */
function readTwice(file: string): { readonly one: Buffer; readonly written: number } | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const { size, mtimeMs: written } = fstatSync(descriptor);
    const half = size / 2;
    if (!Number.isInteger(half)) return undefined;
    const one = Buffer.allocUnsafeSlow(half);
    if (readSync(descriptor, one, 0, half, 0) !== half) return undefined;
    const piece = Buffer.allocUnsafeSlow(PIECE);
    for (let at = 0; at < half; at += PIECE) {
      const length = Math.min(PIECE, half - at);
      if (readSync(descriptor, piece, 0, length, half + at) !== length) return undefined;
      if (piece.compare(one, at, at + length, 0, length) !== 0) return undefined;
    }
    return { one, written };
  } finally {
    closeSync(descriptor);
  }
}

function encode({ runs, parts }: { readonly runs: number; readonly parts: ReadonlyMap<string, Buffer> }): Buffer {
  const head: Head = { runs, parts: [...parts].map(([name, { length }]) => [name, length]) };
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const half: Uint8Array[] = [length, json, Buffer.alloc(aligned(4 + json.length) - 4 - json.length)];
  for (const part of parts.values()) half.push(part, Buffer.alloc(aligned(part.length) - part.length));
  return Buffer.concat([...half, ...half]);
}

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Removes what other versions left behind. What is still used is written anew. */
function removeUnused(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (Date.now() - statSync(path).mtimeMs > UNUSED_MS) rmSync(path, { recursive: true, force: true });
  }
}
