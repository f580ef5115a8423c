import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../../core/digest.ts';
import { parseDuration } from '../../core/duration.ts';
import { type Failure, failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { isList, isMap, type YamlMap, type YamlValue } from '../../core/value.ts';
import { locate, parse } from '../../engines/goyaml/index.ts';
import { lineSink } from '../taskfile/line-sink.ts';
import { type Environment, runShell } from '../taskfile/shell.ts';
import {
  BUILT_IN_PHASES,
  type Phase,
  type PhasePrecondition,
  type PhaseReport,
  type PhaseRequest,
  type PhaseStep,
} from './phase.ts';

/** Name of the file in the workspace that declares phases and the bootstrap's settings. */
export const WORKSPACE_FILE = 'flux-local.yaml';

export interface StepPorts {
  readonly workspace: string;
  readonly environment: Environment;
  /** Runs a task of the workspace's Taskfile; lines of its output go to `log`. */
  runTask(task: string, variables: ReadonlyMap<string, string>, request: PhaseRequest): Promise<Result<void>>;
}

/** What `flux-local.yaml` says. */
export interface WorkspaceFile {
  /** Phases of the user's own. */
  readonly phases: readonly Phase[];
  /** What it adds to built-in phases. */
  readonly additions: ReadonlyMap<string, PhaseAddition>;
  /** The `bootstrap:` section as it is written. */
  readonly bootstrap: YamlMap;
}

export interface PhaseAddition {
  readonly dependsOn: readonly string[];
  readonly preconditions: readonly PhasePrecondition[];
  readonly status: readonly string[];
  readonly sources: readonly string[];
  readonly generates: readonly string[];
  readonly hooks: Phase['hooks'];
  readonly timeoutMs?: number;
}

const NOTHING: WorkspaceFile = { phases: [], additions: new Map(), bootstrap: new Map() };

/** Reads `flux-local.yaml`; an absent file declares nothing. Failures name its line. */
export function readWorkspaceFile(ports: StepPorts): Result<WorkspaceFile> {
  let text: string;
  try {
    text = readFileSync(join(ports.workspace, WORKSPACE_FILE), 'utf8');
  } catch {
    return ok(NOTHING);
  }
  const data = parse(text, { dialect: 'v3' });
  if (!data.ok) return fail(at(data.error, text, []));
  if (data.value === null) return ok(NOTHING);
  if (!isMap(data.value)) return fail(invalid('it is not a mapping', text, []));
  return new Reader(text, ports).read(data.value);
}

type Path = readonly (string | number)[];

function at(problem: Failure, text: string, path: Path): Failure {
  const place = locate(text, path);
  const line = problem.at?.line ?? place?.line;
  return { ...problem, at: { file: WORKSPACE_FILE, ...(line === undefined ? {} : { line }) } };
}

function invalid(message: string, text: string, path: Path): Failure {
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  return at(failure('invalid-object', `${where}${message}`), text, path);
}

const PHASE_KEYS = [
  ...['description', 'desc', 'steps', 'dependsOn', 'deps', 'preconditions'],
  ...['status', 'sources', 'generates', 'hooks', 'timeout'],
];

/** Carries a failure out of the reading; caught in `read`. */
class Invalid extends Error {
  readonly path: Path;
  constructor(message: string, path: Path) {
    super(message);
    this.path = path;
  }
}

class Reader {
  readonly #text: string;
  readonly #ports: StepPorts;

  constructor(text: string, ports: StepPorts) {
    this.#text = text;
    this.#ports = ports;
  }

  read(root: YamlMap): Result<WorkspaceFile> {
    try {
      const phases: Phase[] = [];
      const additions = new Map<string, PhaseAddition>();
      for (const [name, value] of this.#map(root.get('phases'), ['phases'])) {
        const path = ['phases', name];
        if ((BUILT_IN_PHASES as readonly string[]).includes(name)) {
          if (isMap(value) && value.has('steps'))
            throw new Invalid('a built-in phase has no steps', [...path, 'steps']);
          additions.set(name, this.#common(this.#map(value, path), path));
        } else phases.push(this.#phase(name, value, path));
      }
      return ok({ phases, additions, bootstrap: this.#map(root.get('bootstrap'), ['bootstrap']) });
    } catch (error) {
      if (error instanceof Invalid) return fail(invalid(error.message, this.#text, error.path));
      throw error;
    }
  }

  #phase(name: string, value: YamlValue, path: Path): Phase {
    const map =
      isList(value) || typeof value === 'string'
        ? new Map<string, YamlValue>([['steps', value]])
        : this.#map(value, path);
    const steps = this.#steps(map.get('steps') ?? null, [...path, 'steps']);
    const common = this.#common(map, path);
    return {
      name,
      description: this.#text1(map.get('description') ?? map.get('desc'), [...path, 'description']),
      ...common,
      // What a workspace requires is made before anything else, unless a phase says that it stands alone (`dependsOn: []`).
      dependsOn: map.has('dependsOn') || map.has('deps') ? common.dependsOn : ['bootstrap'],
      inputs: steps.map((step) => (step.type === 'task' ? { ...step, variables: [...(step.variables ?? [])] } : step)),
      run: (request) => runSteps(steps, common.generates, request, this.#ports),
    };
  }

  #common(map: YamlMap, path: Path): PhaseAddition {
    this.#only(map, PHASE_KEYS, path);
    const hooks = this.#map(map.get('hooks'), [...path, 'hooks']);
    this.#only(hooks, ['before', 'after'], [...path, 'hooks']);
    const timeout = map.get('timeout');
    const timeoutMs = typeof timeout === 'string' ? parseDuration(timeout) : undefined;
    if (timeout !== undefined && timeoutMs === undefined)
      throw new Invalid('it is no duration like 5m or 30s', [...path, 'timeout']);
    return {
      dependsOn: this.#texts(map.get('dependsOn') ?? map.get('deps'), [...path, 'dependsOn']),
      preconditions: this.#preconditions(map.get('preconditions'), [...path, 'preconditions']),
      status: this.#texts(map.get('status'), [...path, 'status']),
      sources: this.#texts(map.get('sources'), [...path, 'sources']),
      generates: this.#texts(map.get('generates'), [...path, 'generates']),
      hooks: {
        before: this.#texts(hooks.get('before'), [...path, 'hooks', 'before']),
        after: this.#texts(hooks.get('after'), [...path, 'hooks', 'after']),
      },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  }

  #preconditions(value: YamlValue | undefined, path: Path): PhasePrecondition[] {
    if (value === undefined || value === null) return [];
    if (!isList(value)) throw new Invalid('it is not a list', path);
    return value.map((item, index) => {
      const here = [...path, index];
      const command = isMap(item) ? this.#text1(item.get('sh'), here) : this.#text1(item, here);
      if (command === '') throw new Invalid('a precondition needs `sh`', here);
      const message = isMap(item) ? this.#text1(item.get('msg') ?? item.get('message'), here) : '';
      return { message: message || `\`${command}\` failed`, check: (signal) => holds(command, this.#ports, signal) };
    });
  }

  #steps(value: YamlValue, path: Path): PhaseStep[] {
    const list = isList(value) ? value : value === null ? [] : [value];
    return list.map((item, index): PhaseStep => {
      const here = [...path, index];
      if (typeof item === 'string') return { type: 'command', command: item };
      const map = this.#map(item, here);
      this.#only(map, ['command', 'cmd', 'dir', 'directory', 'task', 'vars'], here);
      const task = this.#text1(map.get('task'), here);
      if (task !== '') {
        const variables = new Map<string, string>();
        for (const [name, part] of this.#map(map.get('vars'), [...here, 'vars']))
          variables.set(name, String(part ?? ''));
        return { type: 'task', task, variables };
      }
      const command = this.#text1(map.get('command') ?? map.get('cmd'), here);
      if (command === '') throw new Invalid('a step is a command, or has `command` or `task`', here);
      const directory = this.#text1(map.get('dir') ?? map.get('directory'), here);
      return { type: 'command', command, ...(directory === '' ? {} : { directory }) };
    });
  }

  #map(value: YamlValue | undefined, path: Path): YamlMap {
    if (value === undefined || value === null) return new Map();
    if (!isMap(value)) throw new Invalid('it is not a mapping', path);
    return value;
  }

  #only(map: YamlMap, known: readonly string[], path: Path): void {
    for (const key of map.keys())
      if (!known.includes(key))
        throw new Invalid(`there is no such setting; there are ${known.join(', ')}`, [...path, key]);
  }

  #texts(value: YamlValue | undefined, path: Path): string[] {
    if (value === undefined || value === null) return [];
    if (typeof value === 'string') return [value];
    if (!isList(value)) throw new Invalid('it is not a list of texts', path);
    return value.map((item, index) => this.#text1(item, [...path, index]));
  }

  #text1(value: YamlValue | undefined, path: Path): string {
    if (value === undefined || value === null) return '';
    if (typeof value === 'object') throw new Invalid('it is not a text', path);
    return String(value);
  }
}

async function holds(command: string, ports: StepPorts, signal: AbortSignal): Promise<boolean> {
  try {
    await runShell({
      command,
      directory: ports.workspace,
      environment: ports.environment,
      stdout: 'ignore',
      stderr: 'ignore',
      signal,
    });
    return true;
  } catch {
    return false;
  }
}

/** Runs the steps of a declared phase, one after the other; the first failure ends it. */
async function runSteps(
  steps: readonly PhaseStep[],
  generates: readonly string[],
  request: PhaseRequest,
  ports: StepPorts,
): Promise<Result<PhaseReport>> {
  for (const step of steps) {
    const done =
      step.type === 'task'
        ? await ports.runTask(step.task, step.variables ?? new Map(), request)
        : await runCommand(step, request, ports);
    if (!done.ok) return done;
  }
  return ok({
    counts: { steps: steps.length },
    output: sha256(canonicalJson(await outputDigests(generates, ports))),
    failures: [],
  });
}

async function runCommand(
  step: Extract<PhaseStep, { type: 'command' }>,
  request: PhaseRequest,
  ports: StepPorts,
): Promise<Result<void>> {
  const lines = lineSink(request.log);
  try {
    await runShell({
      command: step.command,
      directory: step.directory === undefined ? ports.workspace : join(ports.workspace, step.directory),
      environment: { ...ports.environment, FLUX_LOCAL_PHASE: request.phase },
      stdout: lines.write,
      stderr: lines.write,
      signal: request.signal,
      ownGroup: true,
    });
    return ok(undefined);
  } catch (error) {
    return fail(failure('command-failed', `\`${step.command}\` failed: ${(error as Error).message}`));
  } finally {
    lines.end();
  }
}

async function outputDigests(generates: readonly string[], ports: StepPorts): Promise<[string, string][]> {
  const { globFiles } = await import('../taskfile/globs.ts');
  const files = globFiles(
    ports.workspace,
    generates.map((glob) => ({ glob, negate: false })),
    false,
    {},
  );
  return files.map((file) => [file.slice(ports.workspace.length), sha256(readFileSync(file))]);
}
