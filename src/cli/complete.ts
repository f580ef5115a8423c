import { Command, type Option } from 'commander';
import type { Io } from './io.ts';

/** A command of the program, loaded when it is asked for. */
export interface CommandEntry {
  readonly description: string;
  /** Left out of the help. */
  readonly hidden?: boolean;
  load(io: Io): Promise<Command>;
}

/** Something that may come next. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

type Wanted = 'files' | 'directories' | 'nothing';
interface Completion {
  readonly candidates: readonly Candidate[];
  readonly wanted: Wanted;
}

/** `flux-local __complete`: what the completion scripts ask. A command line that makes no sense has nothing to follow. */
export function completeCommand(io: Io, commands: Readonly<Record<string, CommandEntry>>): Command {
  return new Command('__complete')
    .option('--current <word>', 'the word that is being typed', '')
    .argument('[words...]')
    .action(async (words: string[], { current }: { readonly current: string }) => {
      const { candidates, wanted } = await complete(words, current, io, commands);
      for (const { value, description } of candidates)
        if (value.startsWith(current)) io.stdout.write(`${value}\t${description.replace(/\s+/g, ' ')}\n`);
      io.stdout.write(`:${wanted}\n`);
    });
}

const only = (candidates: readonly Candidate[]): Completion => ({ candidates, wanted: 'nothing' });

async function complete(
  words: readonly string[],
  current: string,
  io: Io,
  commands: Readonly<Record<string, CommandEntry>>,
): Promise<Completion> {
  const [name, ...rest] = words;
  if (name === undefined)
    return only(
      Object.entries(commands)
        .filter(([, { hidden }]) => hidden !== true)
        .map(([value, { description }]) => ({ value, description })),
    );
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) return only([]);
  if (name === 'run') return (await import('./complete-run.ts')).completeRun(rest, current, io);
  let command = await entry.load(io);
  const path = [name];
  const operands: string[] = [];
  let pending: Option | undefined;
  for (const word of rest) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = takesNext(command, word);
    else {
      const child = command.commands.find((one) => one.name() === word);
      if (child === undefined) operands.push(word);
      else {
        command = child;
        path.push(word);
      }
    }
  }
  const assigned = /^(--[^=]+)=/.exec(current);
  if (assigned !== null) {
    const option = command.options.find(({ long }) => long === assigned[1]);
    return option === undefined ? only([]) : prefixed(await valuesOf(option.flags, option, io), `${assigned[1]}=`);
  }
  if (pending !== undefined) return valuesOf(pending.flags, pending, io);
  if (current.startsWith('-')) return only(optionsOf(command));
  if (command.commands.length > 0)
    return only(command.commands.map((one) => ({ value: one.name(), description: one.description() })));
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.at(-1);
  if (argument === undefined || (operands.length >= command.registeredArguments.length && !argument.variadic))
    return only([]);
  return valuesOf(argument.name(), argument, io);
}

const prefixed = ({ candidates, wanted }: Completion, prefix: string): Completion => ({
  candidates: candidates.map(({ value, description }) => ({ value: prefix + value, description })),
  wanted,
});

/** The option that takes the next word as its value. */
function takesNext(command: Command, word: string): Option | undefined {
  return command.options.find((option) => option.required && (option.long === word || option.short === word));
}

const optionsOf = (command: Command): Candidate[] =>
  [...command.options.filter(({ hidden }) => !hidden), command.createHelp().visibleOptions(command).at(-1)]
    .filter((option): option is Option => option?.long !== undefined)
    .map(({ long, description }) => ({ value: long ?? '', description }));

/** What a value may be, by what the help calls it and says of it. */
async function valuesOf(
  named: string,
  { description, argChoices }: { readonly description: string; readonly argChoices?: readonly string[] | undefined },
  io: Io,
): Promise<Completion> {
  const choices = argChoices ?? enumerated(description);
  if (choices.length > 0) return only(choices.map((value) => ({ value, description: '' })));
  if (/phase/.test(named)) return only(await phases(io));
  if (/director|\bdir\b/.test(named) || /cluster.*director|^the cluster's/.test(description))
    return { candidates: [], wanted: 'directories' };
  if (/file|path|chart|<template>|config/.test(named)) return { candidates: [], wanted: 'files' };
  return only([]);
}

/** `text, json or github`: a description that names all values there are. */
function enumerated(description: string): string[] {
  const words = (description.split(': ').at(-1) ?? '').split(/, | or /);
  return words.length > 1 && words.every((word) => /^[a-z][a-z-]*$/.test(word)) ? words : [];
}

async function phases(io: Io): Promise<Candidate[]> {
  const { phaseNames, repositoryRootOr } = await import('../phases/pipeline/index.ts');
  return phaseNames(repositoryRootOr(io.cwd)).map(({ name, description }) => ({ value: name, description }));
}
