#!/usr/bin/env node
import { readFileSync } from 'node:fs';
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
  exports: object,
  load: (name: string) => Exports,
  importing: (name: string) => Promise<unknown>,
  require: NodeJS.Require,
  meta: { readonly url: string },
) => void;

declare const require: NodeJS.Require;

// Text is put together here and in `codePackFile` where `join` would do it: what Node has not compiled before takes longest.
const DIRECTORY = `${import.meta.dirname}/command`;
/**
 * Scripts that are loaded together in any case, as one that runs the command: group → file. A command that starts from nothing each
 * time has a group of its own; `start` is what every other command loads, and what tells whether there is anything to do.
 */
const GROUPS = JSON.parse(process.env.FLUX_LOCAL_GROUPS as string) as Readonly<Record<string, string>>;
const command = process.argv[2] ?? '';
const group = Object.hasOwn(GROUPS, command) ? command : 'start';

let pack = new CodePack(codePackFile(group, BUILD_ID, process.env));
let saving = false;
const loaded = new Map<string, Exports>();
/** Name of a script that is part of the group → what makes its exports. */
const joined: Record<string, (() => Exports) | undefined> = {};
run(GROUPS[group]!, joined);

function evaluate(name: string): unknown {
  const filename = `${DIRECTORY}/${name}`;
  const script = pack.compile(name, readFileSync(filename, 'latin1'), filename); // all is ASCII
  if (pack.isDue && !saving) {
    saving = true;
    process.on('exit', (code) => {
      if (code !== 2) pack.save(); // words that are no command leave nothing behind
    });
  }
  return script.runInThisContext();
}

function load(name: string): Exports {
  const before = loaded.get(name);
  if (before !== undefined) return before;
  const exports = joined[name]?.() ?? run(name, {});
  loaded.set(name, exports);
  return exports;
}

function run<Made extends object>(name: string, exports: Made): Made {
  const body = evaluate(name) as Body;
  body(exports, load, importing, require, {
    get url() {
      return pathToFileURL(`${DIRECTORY}/${name}`).href;
    },
  });
  return exports;
}

/** A script of the program, or anything that Node itself imports. */
async function importing(name: string): Promise<unknown> {
  if (!name.endsWith('.js')) return import(name);
  if (name.startsWith('main-') && group === 'start') {
    pack.save(); // before flags change: V8 takes no code of other flags
    optimiseLater();
    pack = new CodePack(codePackFile(command, BUILD_ID, process.env));
  }
  return load(name);
}
