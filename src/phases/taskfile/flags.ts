import { parseDuration } from '../../core/duration.ts';
import { quoteGo } from '../../core/go-quote.ts';
import { TaskError } from './errors.ts';

/** Arguments that cannot be read. The help is shown with it; the exit code is 2. */
export class UsageError extends TaskError {
  constructor(message: string) {
    super(message, 2);
    this.name = 'UsageError';
  }
}

type FlagType = 'bool' | 'string' | 'int' | 'duration';

interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly help: string;
  /** The environment variable that sets it, without `TASK_`. */
  readonly variable?: string;
  /** All values that it takes, where these are few. */
  readonly values?: readonly string[];
}

/** All flags of `flux-local run`: those of go-task by the same names, then our own. */
export const TASK_FLAGS: readonly FlagSpec[] = [
  { name: 'list', short: 'l', type: 'bool', help: 'List the tasks that have a description' },
  { name: 'list-all', short: 'a', type: 'bool', help: 'List all tasks' },
  { name: 'json', short: 'j', type: 'bool', help: 'List as JSON' },
  {
    name: 'sort',
    type: 'string',
    help: 'Order of a list: default, alphanumeric or none',
    values: ['default', 'alphanumeric', 'none'],
  },
  { name: 'nested', type: 'bool', help: 'Nest namespaces in JSON lists' },
  { name: 'no-status', type: 'bool', help: 'Leave up_to_date out of JSON lists' },
  { name: 'status', type: 'bool', help: 'Exit with a failure if a named task is not up to date' },
  { name: 'summary', type: 'bool', help: "Print a task's summary, dependencies and commands" },
  { name: 'dry', short: 'n', type: 'bool', help: 'Print what would run, without running it', variable: 'DRY' },
  { name: 'force', short: 'f', type: 'bool', help: 'Run even what is up to date' },
  { name: 'force-all', type: 'bool', help: 'Run even what is up to date, dependencies included' },
  { name: 'watch', short: 'w', type: 'bool', help: 'Run again whenever a source changes' },
  { name: 'interval', short: 'I', type: 'duration', help: 'Shortest time between two watched runs' },
  { name: 'parallel', short: 'p', type: 'bool', help: 'Run the named tasks side by side' },
  {
    name: 'concurrency',
    short: 'C',
    type: 'int',
    help: 'Most tasks at a time; 0 for any number',
    variable: 'CONCURRENCY',
  },
  {
    name: 'failfast',
    short: 'F',
    type: 'bool',
    help: 'Stop what runs side by side when one fails',
    variable: 'FAILFAST',
  },
  {
    name: 'output',
    short: 'o',
    type: 'string',
    help: 'Output style: interleaved, group or prefixed',
    variable: 'OUTPUT',
    values: ['interleaved', 'group', 'prefixed'],
  },
  {
    name: 'output-group-begin',
    type: 'string',
    help: "Text before a command's grouped output",
    variable: 'OUTPUT_GROUP_BEGIN',
  },
  {
    name: 'output-group-end',
    type: 'string',
    help: "Text after a command's grouped output",
    variable: 'OUTPUT_GROUP_END',
  },
  {
    name: 'output-group-error-only',
    type: 'bool',
    help: 'Drop the grouped output of commands that succeed',
    variable: 'OUTPUT_GROUP_ERROR_ONLY',
  },
  { name: 'silent', short: 's', type: 'bool', help: 'Do not print commands', variable: 'SILENT' },
  { name: 'verbose', short: 'v', type: 'bool', help: 'Print what is done and why', variable: 'VERBOSE' },
  { name: 'color', short: 'c', type: 'bool', help: 'Colours (on for a terminal)', variable: 'COLOR' },
  { name: 'exit-code', short: 'x', type: 'bool', help: "Exit with the failed command's own status" },
  { name: 'yes', short: 'y', type: 'bool', help: 'Answer all prompts with yes', variable: 'ASSUME_YES' },
  { name: 'interactive', type: 'bool', help: 'Ask for required variables that are not set', variable: 'INTERACTIVE' },
  { name: 'disable-fuzzy', type: 'bool', help: 'No guesses for unknown task names', variable: 'DISABLE_FUZZY' },
  { name: 'dir', short: 'd', type: 'string', help: 'Directory to run in and to look for a Taskfile' },
  { name: 'taskfile', short: 't', type: 'string', help: 'Taskfile to run; - reads it from standard input' },
  { name: 'global', short: 'g', type: 'bool', help: 'Run the Taskfile of the home directory' },
  { name: 'init', short: 'i', type: 'bool', help: 'Create a Taskfile.yml' },
  { name: 'explain', type: 'bool', help: 'Say of each task why it runs or is fresh' },
  { name: 'graph', type: 'bool', help: 'Print what calls what, as text; with --json as JSON' },
  { name: 'cache-dir', type: 'string', help: 'Where records and outputs are kept' },
  { name: 'temp-dir', type: 'string', help: 'The same (for go-task scripts)', variable: 'TEMP_DIR' },
  { name: 'no-cache', type: 'bool', help: 'Keep no records and restore nothing' },
  { name: 'offline', type: 'bool', help: 'Reach no network', variable: 'REMOTE_OFFLINE' },
  { name: 'version', type: 'bool', help: 'Print the version' },
  { name: 'help', short: 'h', type: 'bool', help: 'Print this help' },
];

/** Flags as they were given. */
export class Flags {
  readonly #values: ReadonlyMap<string, boolean | string | number>;
  constructor(values: ReadonlyMap<string, boolean | string | number>) {
    this.#values = values;
  }
  bool(name: string): boolean {
    return this.#values.get(name) === true;
  }
  text(name: string): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : '';
  }
  number(name: string): number {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : 0;
  }
  given(name: string): boolean {
    return this.#values.has(name);
  }
}

export interface Arguments {
  readonly flags: Flags;
  /** Before `--`: task names and `NAME=value`. */
  readonly words: readonly string[];
  /** After `--`. */
  readonly rest: readonly string[];
}

/**
 * Reads arguments as pflag does: flags anywhere before `--`, `--name=value`, `-abc`, `-C4`.
 * @throws TaskError on an unknown flag or a value of the wrong kind
 */
export function parseArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  const values = fromEnvironment(environment);
  const words: string[] = [];
  const pending = [...args];
  for (let arg = pending.shift(); arg !== undefined; arg = pending.shift()) {
    if (arg === '--') return { flags: new Flags(values), words, rest: pending };
    if (arg.startsWith('--')) readLong(arg, pending, values);
    else if (arg.startsWith('-') && arg !== '-') readShort(arg, pending, values);
    else words.push(arg);
  }
  return { flags: new Flags(values), words, rest: [] };
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>) {
  const values = new Map<string, boolean | string | number>();
  for (const flag of TASK_FLAGS) {
    const text = flag.variable === undefined ? undefined : environment[`TASK_${flag.variable}`];
    if (text === undefined || text === '') continue;
    const value = convert(flag, text);
    if (value !== undefined) values.set(flag.name, value);
  }
  return values;
}

function readLong(arg: string, pending: string[], values: Map<string, boolean | string | number>): void {
  const equals = arg.indexOf('=');
  const name = arg.slice(2, equals < 0 ? undefined : equals);
  const flag = TASK_FLAGS.find((candidate) => candidate.name === name);
  if (flag === undefined) throw new UsageError(`unknown flag: --${name}`);
  if (equals >= 0) set(flag, arg.slice(equals + 1), `--${name}`, values);
  else if (flag.type === 'bool') values.set(name, true);
  else {
    const value = pending.shift();
    if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
    set(flag, value, `--${name}`, values);
  }
}

function readShort(arg: string, pending: string[], values: Map<string, boolean | string | number>): void {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg.charAt(at);
    const flag = TASK_FLAGS.find((candidate) => candidate.short === letter);
    if (flag === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in ${arg}`);
    const rest = arg.slice(at + 1);
    if (rest.startsWith('=')) {
      set(flag, rest.slice(1), `-${letter}`, values);
      return;
    }
    if (flag.type === 'bool') {
      values.set(flag.name, true);
      continue;
    }
    const value = rest === '' ? pending.shift() : rest;
    if (value === undefined) throw new UsageError(`flag needs an argument: '${letter}' in ${arg}`);
    set(flag, value, `-${letter}`, values);
    return;
  }
}

function set(flag: FlagSpec, text: string, shown: string, values: Map<string, boolean | string | number>): void {
  const value = convert(flag, text);
  if (value === undefined) throw new UsageError(`invalid argument ${quoteGo(text)} for ${quoteGo(shown)} flag`);
  values.set(flag.name, value);
}

function convert(flag: FlagSpec, text: string): boolean | string | number | undefined {
  switch (flag.type) {
    case 'string':
      return text;
    case 'bool':
      if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
      return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
    case 'int':
      return /^[-+]?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'duration':
      return parseDuration(text);
  }
}

/** The flags as lines of help. */
export function flagHelp(): string {
  return TASK_FLAGS.map((flag) => {
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
    const value = flag.type === 'bool' ? '' : ` <${flag.type === 'int' ? 'n' : flag.type}>`;
    return `  ${short}${`--${flag.name}${value}`.padEnd(32)} ${flag.help}\n`;
  }).join('');
}

/** @throws TaskError where flags contradict each other */
export function checkFlags(flags: Flags): void {
  const refuse = (when: boolean, message: string): void => {
    if (when) throw new TaskError(`task: ${message}`);
  };
  refuse(flags.bool('global') && flags.text('dir') !== '', "You can't set both --global and --dir");
  if (flags.text('output') !== 'group')
    for (const name of ['begin', 'end', 'error-only'])
      refuse(
        flags.text(`output-group-${name}`) !== '' || flags.bool(`output-group-${name}`),
        `You can't set --output-group-${name} without --output=group`,
      );
  const listed = flags.bool('list') || flags.bool('list-all');
  refuse(flags.bool('list') && flags.bool('list-all'), 'cannot use --list and --list-all at the same time');
  refuse(flags.bool('json') && !listed && !flags.bool('graph'), '--json only applies to --list, --list-all or --graph');
  refuse(
    flags.bool('no-status') && !flags.bool('json'),
    '--no-status only applies to --json with --list or --list-all',
  );
  refuse(flags.bool('nested') && !flags.bool('json'), '--nested only applies to --json with --list or --list-all');
}
