import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { CACHE_DIRECTORY } from '../../core/cache-directory.ts';
import { quoteGo } from '../../core/go-quote.ts';
import type { Result } from '../../core/result.ts';
import { compareVersions, parseVersion } from '../../core/semver.ts';
import type { Task, Taskfile, Variables } from './ast.ts';
import { readDotenv } from './compile.ts';
import { cancelledBehind, EXIT, TaskError, TaskRunError } from './errors.ts';
import { Executor } from './executor.ts';
import { fileAt, locateRoot } from './find.ts';
import { checkFlags, type Flags, flagHelp, parseArguments, UsageError } from './flags.ts';
import { repositoryRoot } from './gitignore.ts';
import { graphOf, graphText } from './graph.ts';
import { listedTask, listJson, printList, printNames, sortTasks, type TaskOrder } from './list.ts';
import { Logger, type Streams } from './logger.ts';
import { GraphMemory } from './memory.ts';
import { type OutputStyle, outputFor } from './output.ts';
import { relativeTo, smartJoin } from './paths.ts';
import { shellQuote } from './quote.ts';
import { readTaskfile } from './read.ts';
import { interceptSignals } from './signals.ts';
import { printSummary } from './summary.ts';
import { TemplateCache } from './templater.ts';
import { terminal } from './terminal.ts';
import { type Call, type ProcessEnvironment, VariableComposer } from './variables.ts';
import { watchTasks } from './watch.ts';

/** What a run sees of the process. */
export interface RunIo extends Streams {
  readonly env: ProcessEnvironment;
  readonly cwd: string;
}

/** What a run can be given by those who know clusters and phases. */
export interface RunPorts {
  readonly version: string;
  /** The rendered text of an object (`HelmRelease/apps/web`), for `needs:`. */
  readonly needs?: (id: string) => Promise<Result<string>>;
  /** Runs a phase, for `phase:` commands. */
  readonly runPhase?: (name: string) => Promise<Result<void>>;
  /** Cuts the run off, with all that its commands started. */
  readonly signal?: AbortSignal;
}

const NO_CALL: Variables = new Map();

/**
 * `flux-local run`: reads the arguments, the Taskfiles, and runs.
 * @returns the exit code, of go-task's families
 */
export async function runTaskfile(args: readonly string[], io: RunIo, ports: RunPorts): Promise<number> {
  let color = false;
  let exitCode = false;
  try {
    const { flags, words, rest } = parseArguments(args, io.env);
    color = wantsColor(flags, io);
    exitCode = flags.bool('exit-code');
    checkFlags(flags);
    return await main(
      flags,
      words,
      rest,
      { stdout: io.stdout, stderr: io.stderr, env: io.env, cwd: resolve(io.cwd) },
      ports,
      color,
    );
  } catch (error) {
    if (!(error instanceof Error) || !isExpected(error)) throw error;
    const logger = new Logger(io, { verbose: false, color, environment: io.env });
    annotate(error, io);
    if (error instanceof UsageError) io.stderr.write(help());
    logger.err('red', `${error.message}\n`);
    if (error instanceof TaskRunError && exitCode) return error.commandStatus;
    return error instanceof TaskError ? error.exitCode : EXIT.unknown;
  }
}

const isExpected = (error: Error): boolean => error instanceof TaskError || cancelledBehind(error) || 'code' in error;

/** GitHub shows failures beside the run. */
function annotate(error: Error, io: RunIo): void {
  if (!/^(?:1|t|T|TRUE|true|True)$/.test(io.env.GITHUB_ACTIONS ?? '')) return;
  const text = (message: string): string =>
    message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  if (error instanceof TaskRunError)
    io.stdout.write(`::error title=Task '${error.task}' failed::${text(error.cause.message)}\n`);
  else io.stdout.write(`::error title=Task failed::${text(error.message)}\n`);
}

const help = (): string => `Usage: flux-local run [flags] [TASK...] [VAR=value...] [-- args]\n\n${flagHelp()}`;

function wantsColor(flags: Flags, io: RunIo): boolean {
  if (flags.given('color')) return flags.bool('color');
  if ((io.env.NO_COLOR ?? '') !== '') return false;
  if ((io.env.FORCE_COLOR ?? '') !== '' || /^(?:1|t|T|TRUE|true|True)$/.test(io.env.CI ?? '')) return true;
  return io.stdout.isTTY === true;
}

async function main(
  flags: Flags,
  words: readonly string[],
  rest: readonly string[],
  io: RunIo,
  ports: RunPorts,
  color: boolean,
): Promise<number> {
  const logger = new Logger(io, { verbose: flags.bool('verbose'), color, environment: io.env });
  if (flags.bool('version')) {
    io.stdout.write(`${ports.version}\n`);
    return 0;
  }
  if (flags.bool('help')) {
    io.stdout.write(help());
    return 0;
  }
  if (flags.bool('init')) return init(words[0], flags, io, logger);
  const session = await openSession(flags, words, rest, io, ports, logger);
  try {
    return await act(session, flags, io, logger, ports.signal);
  } finally {
    await session.memory.close();
  }
}

interface Session {
  readonly taskfile: Taskfile;
  readonly executor: Executor;
  readonly memory: GraphMemory;
  readonly calls: readonly Call[];
  readonly directory: string;
}

async function openSession(
  flags: Flags,
  words: readonly string[],
  rest: readonly string[],
  io: RunIo,
  ports: RunPorts,
  logger: Logger,
): Promise<Session> {
  const fromStdin = flags.text('taskfile') === '-';
  const base = flags.bool('global') ? homedir() : flags.text('dir');
  const root = fromStdin
    ? { file: join(resolve(io.cwd, base), 'Taskfile.yml'), directory: resolve(io.cwd, base) }
    : locateRoot(flags.text('taskfile'), base, io.cwd);
  let taskfile = readTaskfile(root.file, {
    environment: io.env,
    cwd: io.cwd,
    ...(fromStdin ? { text: readFileSync(0, 'utf8') } : {}),
  });
  checkVersion(taskfile);
  const style = outputStyle(flags, taskfile);
  const direct = io.stdout.fd === 1 && io.stderr.fd === 2; // this process's own, which commands may have too
  const output = outputFor(style, logger, direct);
  const variableOptions = {
    directory: root.directory,
    entrypoint: root.file,
    cwd: io.cwd,
    environment: io.env,
    logger,
    toolVersion: TASK_VERSION,
    toolName: 'flux-local run',
  };
  const composer = new VariableComposer(variableOptions);
  taskfile = await withDotenv(taskfile, root.directory, composer, variableOptions);
  const { calls, globals } = readWords(words);
  taskfile = { ...taskfile, variables: commandLineVariables(taskfile.variables, globals, flags, rest) };
  const memory = new GraphMemory({
    taskfile,
    workspace: repositoryRoot(root.directory) ?? root.directory,
    cacheDirectory: cacheDirectory(flags, io, root.directory),
    environment: io.env,
    ...(ports.needs === undefined ? {} : { needs: ports.needs }),
    onWarning: (message) => logger.err('yellow', `task: ${message}\n`),
  });
  const ask = io.stdout.isTTY === true && process.stdin.isTTY === true ? terminal(io) : undefined;
  const executor = new Executor({
    taskfile,
    compile: {
      taskfile,
      directory: root.directory,
      composer,
      environment: io.env,
      cwd: io.cwd,
      needPath: (id) => memory.needPath(id),
    },
    environment: io.env,
    logger,
    output,
    outputName: style.name,
    memory,
    direct,
    dry: flags.bool('dry') || flags.bool('status'),
    force: flags.bool('force'),
    forceAll: flags.bool('force-all') || flags.bool('force'),
    silent: flags.bool('silent'),
    verbose: flags.bool('verbose'),
    parallel: flags.bool('parallel'),
    failfast: flags.bool('failfast'),
    watch: flags.bool('watch'),
    explain: flags.bool('explain'),
    fuzzy: !flags.bool('disable-fuzzy'),
    concurrency: flags.number('concurrency'),
    assumeYes: flags.bool('yes'),
    interactive: flags.bool('interactive'),
    ask,
    runPhase: ports.runPhase,
    fetchNeeds: (needs) => memory.fetchNeeds(needs),
  });
  return { taskfile, executor, memory, calls, directory: root.directory };
}

/** The go-task whose Taskfiles this runs. */
const TASK_VERSION = '3.53.1';

function checkVersion(taskfile: Taskfile): void {
  const version = parseVersion(taskfile.version);
  const ours = parseVersion(TASK_VERSION);
  const oldest = parseVersion('3');
  if (!version.ok || !ours.ok || !oldest.ok) return;
  const start = `task: Invalid schema version in Taskfile ${quoteGo(taskfile.location)}:\nSchema version (${taskfile.version}) `;
  if (compareVersions(version.value, oldest.value) < 0)
    throw new TaskError(`${start}no longer supported. Please use v3 or above`, EXIT.taskfileVersion);
  if (compareVersions(version.value, ours.value) > 0)
    throw new TaskError(`${start}is greater than the current version of Task (${TASK_VERSION})`, EXIT.taskfileVersion);
}

function cacheDirectory(flags: Flags, io: RunIo, directory: string): string | undefined {
  if (flags.bool('no-cache')) return undefined;
  const chosen = flags.text('cache-dir') || flags.text('temp-dir') || io.env.FLUX_LOCAL_CACHE || '';
  if (chosen !== '') return smartJoin(directory, chosen.replace(/^~(?=\/|$)/, homedir()));
  return join(repositoryRoot(directory) ?? directory, CACHE_DIRECTORY);
}

async function act(
  session: Session,
  flags: Flags,
  io: RunIo,
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { taskfile, executor, calls } = session;
  if (flags.bool('list') || flags.bool('list-all')) return list(session, flags, logger);
  if (flags.bool('graph')) {
    const graph = await graphOf(executor, calls);
    io.stdout.write(flags.bool('json') ? `${JSON.stringify(graph, null, 2)}\n` : graphText(graph));
    return 0;
  }
  if (flags.bool('status')) {
    for (const call of calls) {
      const task = await executor.compile(call, true);
      if (!(await executor.isUpToDate(task)))
        throw new TaskError(`task: Task "${task.label || task.fullName}" is not up-to-date`);
    }
    return 0;
  }
  await checkCallable(session, flags, logger);
  if (flags.bool('summary')) {
    for (const [at, call] of calls.entries()) {
      if (at > 0) logger.out('default', '\n\n');
      printSummary(await executor.compile(call, false), logger, io.env);
    }
    return 0;
  }
  const watched = calls.filter((call) => flags.bool('watch') || executor.find(call.task).task.watch);
  const direct = calls.filter((call) => !watched.includes(call));
  const release = executor.options.direct && watched.length === 0 ? interceptSignals(logger) : undefined;
  try {
    await executor.run(direct, signal);
  } finally {
    release?.();
  }
  if (watched.length > 0)
    await watchTasks(executor, watched, flags.number('interval') || taskfile.intervalMs || 100, logger, signal);
  return 0;
}

/** An unknown name shows what there is; an internal task cannot be named. */
async function checkCallable(session: Session, flags: Flags, logger: Logger): Promise<void> {
  for (const call of session.calls) {
    let task: Task;
    try {
      task = session.executor.find(call.task).task;
    } catch (error) {
      if (error instanceof TaskError && error.exitCode === EXIT.taskNotFound)
        await listDescribed(session, flags, logger);
      throw error;
    }
    if (task.internal) throw new TaskError(`task: Task "${call.task}" is internal`, EXIT.taskInternal);
  }
}

async function compiledList(session: Session, flags: Flags, described: boolean) {
  const { taskfile, executor } = session;
  const wanted = [...taskfile.tasks.values()].filter(
    (task) => !task.internal && (!described || task.description !== ''),
  );
  const order = flags.text('sort');
  const sorted = sortTasks(
    wanted,
    order === 'none' || order === 'alphanumeric' ? order : ('default' satisfies TaskOrder),
  );
  return Promise.all(
    sorted.map((task) =>
      executor.compile({ task: task.name, variables: NO_CALL, silent: false, indirect: false }, false, 'header'),
    ),
  );
}

async function listDescribed(session: Session, flags: Flags, logger: Logger): Promise<void> {
  const tasks = await compiledList(session, flags, true);
  if (tasks.length > 0) printList(tasks, logger);
  else logger.out('yellow', 'task: No tasks with description available. Try --list-all to list all tasks\n');
}

async function list(session: Session, flags: Flags, logger: Logger): Promise<number> {
  const described = flags.bool('list');
  const tasks = await compiledList(session, flags, described);
  if (flags.bool('json')) {
    const listed = await Promise.all(
      tasks.map(async (task) =>
        listedTask(task, flags.bool('no-status') ? undefined : await session.executor.isUpToDate(task)),
      ),
    );
    logger.streams.stdout.write(listJson(listed, session.taskfile.location, flags.bool('nested')));
  } else if (flags.bool('silent')) {
    printNames(tasks, logger);
    return 0;
  } else if (tasks.length === 0)
    logger.out(
      'yellow',
      described
        ? 'task: No tasks with description available. Try --list-all to list all tasks\n'
        : 'task: No tasks available\n',
    );
  else printList(tasks, logger);
  return tasks.length > 0 ? 0 : EXIT.unknown;
}

function outputStyle(flags: Flags, taskfile: Taskfile): OutputStyle {
  if (flags.text('output') === '') return taskfile.output;
  return {
    name: flags.text('output'),
    begin: flags.text('output-group-begin'),
    end: flags.text('output-group-end'),
    errorOnly: flags.bool('output-group-error-only'),
  };
}

async function withDotenv(
  taskfile: Taskfile,
  directory: string,
  composer: VariableComposer,
  options: { readonly environment: ProcessEnvironment; readonly cwd: string },
): Promise<Taskfile> {
  if (taskfile.dotenv.length === 0) return taskfile;
  const known = await composer.compose(taskfile, undefined, undefined, true);
  const cache = new TemplateCache(known, options);
  const environment: Variables = new Map(taskfile.environment);
  for (const raw of taskfile.dotenv) {
    const path = cache.replace(raw);
    if (path === '') continue;
    for (const [name, value] of readDotenv(smartJoin(directory, path)))
      if (!environment.has(name)) environment.set(name, { value });
  }
  return { ...taskfile, environment };
}

/** Words with `=` set variables; the others are tasks. Without tasks, `default`. */
function readWords(words: readonly string[]): { calls: Call[]; globals: Variables } {
  const calls: Call[] = [];
  const globals: Variables = new Map();
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals >= 0) globals.set(word.slice(0, equals), { value: word.slice(equals + 1) });
    else calls.push({ task: word, variables: NO_CALL, silent: false, indirect: false });
  }
  if (calls.length === 0) calls.push({ task: 'default', variables: NO_CALL, silent: false, indirect: false });
  return { calls, globals };
}

function commandLineVariables(
  variables: Variables,
  globals: Variables,
  flags: Flags,
  rest: readonly string[],
): Variables {
  const special: Variables = new Map([
    ['CLI_ARGS', { value: rest.map(shellQuote).join(' ') }],
    ['CLI_ARGS_LIST', { value: [...rest] }],
    ['CLI_FORCE', { value: flags.bool('force') || flags.bool('force-all') }],
    ['CLI_SILENT', { value: flags.bool('silent') }],
    ['CLI_VERBOSE', { value: flags.bool('verbose') }],
    ['CLI_OFFLINE', { value: flags.bool('offline') }],
    ['CLI_ASSUME_YES', { value: flags.bool('yes') }],
  ]);
  for (const layer of [variables, globals]) for (const [name, value] of layer) special.set(name, value);
  return special;
}

const DEFAULT_TASKFILE = `# yaml-language-server: $schema=https://taskfile.dev/schema.json

version: '3'

vars:
  GREETING: Hello, world!

tasks:
  default:
    desc: Print a greeting message
    cmds:
      - echo "{{.GREETING}}"
    silent: true
`;

function init(name: string | undefined, flags: Flags, io: RunIo, logger: Logger): number {
  const wanted = name === undefined || name === extname(`x${name}`) ? `Taskfile${name ?? ''}` : name;
  let path =
    name === undefined
      ? io.cwd
      : resolve(io.cwd, basename(name) === extname(`x${basename(name)}`) ? join(dirname(name), wanted) : name);
  const exists = new TaskError('task: A Taskfile already exists', EXIT.taskfileExists);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    if (fileAt(path) !== undefined) throw exists;
    path = join(path, 'Taskfile.yml');
  } else if (existsSync(path)) throw exists;
  writeFileSync(path, DEFAULT_TASKFILE, { mode: 0o644 });
  if (flags.bool('silent')) return 0;
  if (flags.bool('verbose')) logger.out('default', `${DEFAULT_TASKFILE}\n`);
  logger.out('green', `Taskfile created: ${relativeTo(io.cwd, path)}\n`);
  return 0;
}
