import { dirname } from 'node:path';
import { cancelledBehind } from './errors.ts';
import type { Executor } from './executor.ts';
import { globFiles } from './globs.ts';
import type { Logger } from './logger.ts';
import type { Call } from './variables.ts';

const IGNORED = /(?:^|\/)(?:\.task|\.git|\.hg|node_modules|\.flux-local-cache)(?:\/|$)/;

/** How often new directories are looked for. Milliseconds. */
const LOOK_MS = 5000;

/**
 * Runs tasks, and again whenever one of their sources changes, until the process is told to stop. A change while a task runs
 * stops it.
 * @param intervalMs changes that come closer together than this count as one
 */
export async function watchTasks(
  executor: Executor,
  calls: readonly Call[],
  intervalMs: number,
  logger: Logger,
  stop?: AbortSignal,
): Promise<void> {
  logger.err('green', `task: Started watching for tasks: ${calls.map((call) => call.task).join(', ')}\n`);
  const { watch } = await import('chokidar');
  let running = new AbortController();
  const start = (): void => {
    for (const call of calls) void runOnce(executor, call, running.signal, logger);
  };
  let sources = new Set(await sourcesOf(executor, calls));
  const watcher = watch(directories(sources), { ignoreInitial: true, ignored: (path) => IGNORED.test(path), depth: 0 });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', (event, path) => {
    const changed = async (): Promise<void> => {
      const now = new Set(await sourcesOf(executor, calls));
      const relevant = now.has(path) || (event === 'unlink' && sources.has(path));
      sources = now;
      if (!relevant) return logger.verboseErr('magenta', `task: skipped for file not in sources: ${path}\n`);
      logger.verboseErr('magenta', `task: received watch event: ${event} ${path}\n`);
      running.abort();
      running = new AbortController();
      executor.renew();
      start();
    };
    clearTimeout(timer);
    timer = setTimeout(() => void changed(), intervalMs);
  });
  const look = setInterval(async () => {
    sources = new Set(await sourcesOf(executor, calls));
    watcher.add(directories(sources));
  }, LOOK_MS);
  start();
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    stop?.addEventListener('abort', end, { once: true });
  });
  clearInterval(look);
  clearTimeout(timer);
  running.abort();
  await watcher.close();
}

async function runOnce(executor: Executor, call: Call, signal: AbortSignal, logger: Logger): Promise<void> {
  try {
    await executor.runTask(call, signal);
    logger.err('green', `task: task "${call.task}" finished running\n`);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!cancelledBehind(error)) logger.err('red', `${error.message}\n`);
  }
}

const directories = (files: ReadonlySet<string>): string[] => [...new Set([...files].map((file) => dirname(file)))];

/** The sources of tasks and of all that they call. */
async function sourcesOf(executor: Executor, calls: readonly Call[]): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = async (call: Call): Promise<void> => {
    if (seen.has(call.task)) return;
    seen.add(call.task);
    const task = await executor.compile(call, true);
    for (const { task: name, variables } of [...task.dependencies, ...task.commands])
      if (name !== '') await visit({ task: name, variables, silent: false, indirect: true });
    const files = globFiles(task.directory, task.sources, task.useGitignore, executor.options.environment);
    for (const file of files) found.push(file);
  };
  for (const call of calls) await visit(call);
  return found;
}
