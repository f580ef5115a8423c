import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { replaceFile } from '../cache/replace-file.ts';

/** Runs that add what they compiled: the first may have been no more than a question for help. */
const ADDING_RUNS = 3;
const UNUSED_MS = 30 * 86_400_000;
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
  readonly #scripts = new Map<string, Script>();
  #incomplete = false;

  /** @param file where the code is kept; `undefined` keeps nothing */
  constructor(file: string | undefined) {
    this.#file = file;
    const { runs, kept } = file === undefined ? NOTHING : read(file);
    this.#runs = runs;
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

  /** Keeps what was compiled, functions included, where that is more than was kept. Where it cannot be written nothing is kept. */
  save(): void {
    if (this.#file === undefined || !(this.#incomplete || this.#runs < ADDING_RUNS)) return;
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
    return join(env.NODE_COMPILE_CACHE || userCache(env), 'flux-local', 'code', name);
  } catch {
    return undefined; // no home directory
  }
}

function userCache(env: NodeJS.ProcessEnv): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME;
  if (process.platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return join(env.HOME || homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
}

/** FNV-1a: V8 refuses code of other flags, so that runs of both would write over each other's. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(36);
}

const NOTHING: { readonly runs: number; readonly kept: Map<string, Buffer> } = { runs: 0, kept: new Map() };

function read(file: string): typeof NOTHING {
  try {
    const bytes = readFileSync(file);
    const half = bytes.length / 2;
    const one = bytes.subarray(0, half);
    if (!Number.isInteger(half) || !one.equals(bytes.subarray(half))) return NOTHING;
    const length = one.readUInt32LE(0);
    const head = JSON.parse(one.toString('utf8', 4, 4 + length)) as Head;
    const kept = new Map<string, Buffer>();
    let at = aligned(4 + length);
    for (const [name, size] of head.parts) {
      kept.set(name, one.subarray(at, at + size));
      at = aligned(at + size);
    }
    return { runs: head.runs, kept };
  } catch {
    return NOTHING;
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
