#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILD_ID } from '../core/build-id.ts';
import { CodePack, codePackFile } from './code-pack.ts';
import { optimiseLater } from './optimise-later.ts';

/**
 * What the package's command starts: loads the program's scripts, as the bundler writes them beside this file (see
 * `scripts/classic-script.mjs`), from code that earlier runs compiled. Node's own loader of modules keeps none before Node 22, and
 * takes longer.
 */

type Exports = Record<string, unknown>;
type Body = (
  exports: Exports,
  load: (name: string) => Exports,
  importing: (name: string) => Promise<unknown>,
  require: NodeJS.Require,
  meta: { readonly url: string },
) => void;

declare const require: NodeJS.Require;

const DIRECTORY = join(import.meta.dirname, 'command');
const loaded = new Map<string, Exports>();
/** What every command loads, and what tells whether there is anything to do. */
let pack = new CodePack(codePackFile('start', BUILD_ID, process.env));

function load(name: string): Exports {
  const before = loaded.get(name);
  if (before !== undefined) return before;
  const filename = join(DIRECTORY, name);
  const body = pack.compile(name, readFileSync(filename, 'utf8'), filename).runInThisContext() as Body;
  const exports: Exports = {};
  body(exports, load, importing, require, {
    get url() {
      return pathToFileURL(filename).href;
    },
  });
  loaded.set(name, exports);
  return exports;
}

/** A script of the program, or anything that Node itself imports. */
async function importing(name: string): Promise<unknown> {
  if (!/^[\w.-]+\.js$/.test(name)) return import(name);
  if (name.startsWith('main-')) {
    pack.save(); // before flags change: V8 takes no code of other flags
    optimiseLater();
    pack = new CodePack(codePackFile(process.argv[2] ?? '', BUILD_ID, process.env));
  }
  return load(name);
}

process.on('exit', (code) => {
  if (code !== 2) pack.save(); // words that are no command leave nothing behind
});
load(process.env.FLUX_LOCAL_ENTRY as string);
