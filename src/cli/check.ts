import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { CACHE_DIRECTORY } from '../core/cache-directory.ts';
import { type CheckFinding, checkObjects, RULES, readObjects } from '../phases/jobs/index.ts';
import type { Io } from './io.ts';

interface Options {
  readonly ignore: readonly string[];
  readonly output: string;
  readonly strict?: boolean;
  readonly rules?: boolean;
}

const SKIPPED = new Set(['.git', 'node_modules', CACHE_DIRECTORY, '.task']);
const MAX_FILES = 20_000;

/** `flux-local check`: what keeps a bootstrap from running once, safely. */
export function checkCommand(io: Io): Command {
  return new Command('check')
    .description('Find what keeps work that is done once from running once, safely')
    .argument('[paths...]', 'files and directories of manifests', ['.'])
    .option(
      '--ignore <rules>',
      'rules not to ask',
      (value: string, before: readonly string[]) => [...before, ...value.split(',')],
      [],
    )
    .option('-o, --output <format>', 'text, json or github', 'text')
    .option('--strict', 'warnings fail, too')
    .option('--rules', 'list the rules')
    .action((paths: string[], options: Options) => {
      io.exitCode = options.rules === true ? listRules(io) : check(paths, options, io);
    });
}

function listRules(io: Io): number {
  for (const { id, severity, summary, fix } of RULES) io.stdout.write(`${id} (${severity})\n  ${summary}\n  ${fix}\n`);
  return 0;
}

function check(paths: readonly string[], options: Options, io: Io): number {
  const unknown = options.ignore.filter((id) => !RULES.some((rule) => rule.id === id));
  if (unknown.length > 0) {
    io.stderr.write(`error: there is no rule ${unknown.join(', ')}\n`);
    return 2;
  }
  const files: string[] = [];
  for (const path of paths) {
    const absolute = resolve(io.cwd, path);
    const stat = statSync(absolute, { throwIfNoEntry: false });
    if (stat === undefined) {
      io.stderr.write(`error: there is nothing at ${path}\n`);
      return 2;
    }
    if (stat.isDirectory()) collect(absolute, files);
    else files.push(absolute);
  }
  const objects = files.flatMap((file) => readObjects(relative(io.cwd, file), readFileSync(file, 'utf8')));
  const findings = checkObjects(objects, { ignore: new Set(options.ignore) });
  if (options.output === 'json') io.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else
    for (const finding of findings) io.stdout.write(options.output === 'github' ? annotation(finding) : line(finding));
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  if (options.output === 'text')
    io.stdout.write(`${errors} errors, ${warnings} warnings in ${objects.length} objects\n`);
  return errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0;
}

function collect(directory: string, files: string[]): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (files.length >= MAX_FILES) return;
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) collect(join(directory, entry.name), files);
    } else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) files.push(join(directory, entry.name));
  }
}

const line = ({ file, line: at, column, severity, rule, object, message, fix }: CheckFinding): string =>
  `${file}:${at}:${column}: ${severity} ${rule}: ${object}: ${message}. ${fix}\n`;

const annotation = ({ file, line: at, column, severity, rule, message, fix }: CheckFinding): string =>
  `::${severity} file=${file},line=${at},col=${column},title=${rule}::${message}. ${fix}\n`;
