import { parseDuration } from '../../core/duration.ts';
import { parseVersion } from '../../core/semver.ts';
import type { YamlNode } from '../../engines/goyaml/index.ts';
import type {
  Command,
  Dependency,
  Include,
  Loop,
  MatrixRow,
  Platform,
  Precondition,
  RequiredVariable,
  Task,
  Taskfile,
  Variable,
  Variables,
} from './ast.ts';
import {
  DecodeError,
  entries,
  fields,
  flag,
  isNull,
  items,
  optionalFlag,
  type Problems,
  resolved,
  text,
  texts,
  wrongType,
} from './decode-node.ts';
import { goQuote } from './errors.ts';
import type { Glob } from './globs.ts';
import { nodeValue } from './node-value.ts';
import { DEFAULT_OUTPUT, type OutputStyle } from './output.ts';
import { isKnownArch, isKnownOs } from './platforms.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A Taskfile's nodes as its parts, with all short forms. Absent includes and variables are empty.
 * @param file absolute path, kept as the tasks' location
 * @throws DecodeError where a value is not what its place asks for
 */
export function decodeTaskfile(root: YamlNode, file: string): Taskfile {
  const node = resolved(root);
  if (node.kind !== 'mapping') throw wrongType(node, 'taskfile');
  const made: Mutable<Taskfile> = {
    location: file,
    version: '',
    output: DEFAULT_OUTPUT,
    method: '',
    includes: [],
    set: [],
    shopt: [],
    variables: new Map(),
    environment: new Map(),
    tasks: new Map(),
    silent: false,
    dotenv: [],
    run: '',
    intervalMs: 0,
  };
  fields(node, {
    version: (value, problems) => {
      made.version = version(value, problems);
    },
    output: (value) => {
      if (!isNull(value)) made.output = output(value);
    },
    method: (value, problems) => {
      made.method = text(value, problems);
    },
    includes: (value) => {
      if (!isNull(value)) made.includes = includes(value);
    },
    set: (value, problems) => {
      made.set = texts(value, problems);
    },
    shopt: (value, problems) => {
      made.shopt = texts(value, problems);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    env: (value) => {
      made.environment = variables(value);
    },
    tasks: (value) => {
      if (!isNull(value)) made.tasks = tasks(value, file);
    },
    silent: (value, problems) => {
      made.silent = flag(value, problems);
    },
    dotenv: (value, problems) => {
      made.dotenv = texts(value, problems);
    },
    run: (value, problems) => {
      made.run = text(value, problems);
    },
    interval: (value, problems) => {
      const milliseconds = parseDuration(text(value, problems));
      if (milliseconds === undefined) problems.add(value, 'time.Duration');
      else made.intervalMs = milliseconds;
    },
    use_gitignore: (value, problems) => {
      const wanted = optionalFlag(value, problems);
      if (wanted !== undefined) made.useGitignore = wanted;
    },
  });
  return made;
}

function version(node: YamlNode, problems: Problems): string {
  const written = text(node, problems);
  if (written === '') return '';
  const read = parseVersion(written);
  if (!read.ok) throw new DecodeError(node, [read.error]);
  return `${read.value.major}.${read.value.minor}.${read.value.patch}${read.value.pre === '' ? '' : `-${read.value.pre}`}`;
}

function output(node: YamlNode): OutputStyle {
  if (node.kind === 'scalar') return { ...DEFAULT_OUTPUT, name: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'output');
  let style: Mutable<OutputStyle> | undefined;
  fields(node, {
    group: (value, problems) => {
      if (isNull(value)) return;
      if (value.kind !== 'mapping') return problems.add(value, 'ast.OutputGroup');
      const made: Mutable<OutputStyle> = { ...DEFAULT_OUTPUT, name: 'group' };
      fields(value, {
        begin: (part, all) => {
          made.begin = text(part, all);
        },
        end: (part, all) => {
          made.end = text(part, all);
        },
        error_only: (part, all) => {
          made.errorOnly = flag(part, all);
        },
      });
      style = made;
    },
  });
  if (style === undefined) throw new DecodeError(node, ['output style must have the "group" key when in mapping form']);
  return style;
}

function includes(node: YamlNode): Include[] {
  if (node.kind !== 'mapping') throw wrongType(node, 'includes');
  const made = new Map<string, Include>();
  for (const [key, value] of entries(node)) made.set(key.value, include(key.value, resolved(value)));
  return [...made.values()];
}

function include(namespace: string, node: YamlNode): Include {
  const made: Mutable<Include> = {
    namespace,
    taskfile: '',
    directory: '',
    optional: false,
    internal: false,
    flatten: false,
    aliases: [],
    excludes: [],
    advanced: false,
    variables: new Map(),
    checksum: '',
  };
  if (node.kind === 'scalar') return { ...made, taskfile: isNull(node) ? '' : node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'include');
  made.advanced = true;
  fields(node, {
    taskfile: (value, problems) => {
      made.taskfile = text(value, problems);
    },
    dir: (value, problems) => {
      made.directory = text(value, problems);
    },
    optional: (value, problems) => {
      made.optional = flag(value, problems);
    },
    internal: (value, problems) => {
      made.internal = flag(value, problems);
    },
    flatten: (value, problems) => {
      made.flatten = flag(value, problems);
    },
    aliases: (value, problems) => {
      made.aliases = texts(value, problems);
    },
    excludes: (value, problems) => {
      made.excludes = texts(value, problems);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    checksum: (value, problems) => {
      made.checksum = text(value, problems);
    },
  });
  if (made.taskfile.trim() === '' && made.directory.trim() === '')
    throw new DecodeError(node, ['include must specify taskfile or dir']);
  return made;
}

/** A mapping of variables, of a Taskfile, a task or a call. */
export function variables(raw: YamlNode): Variables {
  const node = resolved(raw);
  const made: Variables = new Map();
  if (isNull(node)) return made;
  if (node.kind !== 'mapping') throw wrongType(node, 'vars');
  for (const [key, value] of entries(node)) made.set(key.value, variable(resolved(value)));
  return made;
}

function variable(node: YamlNode): Variable {
  if (node.kind !== 'mapping') return { value: nodeValue(node) };
  const made: Mutable<Variable> = {};
  let typed = false;
  for (const [key] of entries(node)) {
    if (['sh', 'ref', 'map', 'value'].includes(key.value)) typed = true;
    else if (key.value !== 'secret')
      throw new DecodeError(node, [
        `${goQuote(key.value)} is not a valid variable type. Try "sh", "ref", "map", "value" or using a scalar value`,
      ]);
  }
  if (!typed)
    throw new DecodeError(node, ['a variable must define one of "sh", "ref", "map", "value" or be a scalar value']);
  let map: Variable['value'];
  let value: Variable['value'];
  fields(node, {
    sh: (part, problems) => {
      if (!isNull(part)) made.sh = text(part, problems);
    },
    ref: (part, problems) => {
      made.ref = text(part, problems);
    },
    map: (part) => {
      map = nodeValue(part);
    },
    value: (part) => {
      value = nodeValue(part);
    },
    secret: (part, problems) => {
      made.secret = flag(part, problems);
    },
  });
  const used = map ?? value;
  if (used !== undefined && used !== null) made.value = used;
  return made;
}

function tasks(node: YamlNode, file: string): Map<string, Task> {
  if (node.kind !== 'mapping') throw wrongType(node, 'tasks');
  const made = new Map<string, Task>();
  for (const [key, value] of entries(node)) {
    const location = { file, line: key.line, column: key.column };
    made.set(key.value, { ...task(resolved(value)), name: key.value, location });
  }
  return made;
}

export const EMPTY_TASK: Task = {
  name: '',
  commands: [],
  dependencies: [],
  label: '',
  description: '',
  prompts: [],
  summary: '',
  requires: [],
  aliases: [],
  sources: [],
  generates: [],
  status: [],
  preconditions: [],
  directory: '',
  set: [],
  shopt: [],
  variables: new Map(),
  environment: new Map(),
  dotenv: [],
  interactive: false,
  internal: false,
  method: '',
  prefix: '',
  ignoreError: false,
  run: '',
  platforms: [],
  condition: '',
  watch: false,
  failfast: false,
  needs: [],
  location: { file: '', line: 0, column: 0 },
  namespace: '',
  includeVariables: new Map(),
  includedVariables: new Map(),
};

function task(node: YamlNode): Task {
  if (isNull(node)) return EMPTY_TASK;
  if (node.kind === 'scalar') return { ...EMPTY_TASK, commands: [command(node)] };
  if (node.kind === 'sequence') return { ...EMPTY_TASK, commands: commandList(node) };
  if (node.kind !== 'mapping') throw wrongType(node, 'task');
  const made: Mutable<Task> = { ...EMPTY_TASK };
  let single: Command | undefined;
  let many: Command[] | undefined;
  fields(node, {
    cmds: (value, problems) => {
      if (!isNull(value)) many = items(value, '[]*ast.Cmd', problems, command);
    },
    cmd: (value) => {
      if (!isNull(value)) single = command(value);
    },
    deps: (value, problems) => {
      made.dependencies = items(value, '[]*ast.Dep', problems, dependency);
    },
    label: (value, problems) => {
      made.label = text(value, problems);
    },
    desc: (value, problems) => {
      made.description = text(value, problems);
    },
    prompt: (value, problems) => {
      if (isNull(value)) return;
      if (value.kind === 'mapping') throw wrongType(value, 'prompt');
      made.prompts = value.kind === 'scalar' ? [value.value] : texts(value, problems);
    },
    summary: (value, problems) => {
      made.summary = text(value, problems);
    },
    requires: (value) => {
      if (!isNull(value)) made.requires = requires(value);
    },
    aliases: (value, problems) => {
      made.aliases = texts(value, problems);
    },
    sources: (value, problems) => {
      made.sources = items(value, '[]*ast.Glob', problems, glob);
    },
    generates: (value, problems) => {
      made.generates = items(value, '[]*ast.Glob', problems, glob);
    },
    status: (value, problems) => {
      made.status = texts(value, problems);
    },
    preconditions: (value, problems) => {
      made.preconditions = items(value, '[]*ast.Precondition', problems, precondition);
    },
    dir: (value, problems) => {
      made.directory = text(value, problems);
    },
    set: (value, problems) => {
      made.set = texts(value, problems);
    },
    shopt: (value, problems) => {
      made.shopt = texts(value, problems);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    env: (value) => {
      made.environment = variables(value);
    },
    dotenv: (value, problems) => {
      made.dotenv = texts(value, problems);
    },
    silent: (value, problems) => {
      const silent = optionalFlag(value, problems);
      if (silent !== undefined) made.silent = silent;
    },
    interactive: (value, problems) => {
      made.interactive = flag(value, problems);
    },
    internal: (value, problems) => {
      made.internal = flag(value, problems);
    },
    method: (value, problems) => {
      made.method = text(value, problems);
    },
    prefix: (value, problems) => {
      made.prefix = text(value, problems);
    },
    ignore_error: (value, problems) => {
      made.ignoreError = flag(value, problems);
    },
    use_gitignore: (value, problems) => {
      const wanted = optionalFlag(value, problems);
      if (wanted !== undefined) made.useGitignore = wanted;
    },
    run: (value, problems) => {
      made.run = text(value, problems);
    },
    platforms: (value, problems) => {
      made.platforms = items(value, '[]*ast.Platform', problems, platform);
    },
    if: (value, problems) => {
      made.condition = text(value, problems);
    },
    when: (value, problems) => {
      made.condition = text(value, problems);
    },
    watch: (value, problems) => {
      made.watch = flag(value, problems);
    },
    failfast: (value, problems) => {
      made.failfast = flag(value, problems);
    },
    needs: (value, problems) => {
      made.needs = value.kind === 'scalar' ? [text(value, problems)] : texts(value, problems);
    },
  });
  if (single !== undefined && many !== undefined) throw new DecodeError(node, ['task cannot have both cmd and cmds']);
  made.commands = single === undefined ? (many ?? []) : [single];
  return made;
}

function commandList(node: YamlNode): Command[] {
  return node.children.filter((child) => !isNull(child)).map((child) => command(resolved(child)));
}

const EMPTY_COMMAND: Command = {
  cmd: '',
  logCmd: '',
  task: '',
  phase: '',
  condition: '',
  silent: false,
  set: [],
  shopt: [],
  variables: new Map(),
  ignoreError: false,
  defer: false,
  platforms: [],
  timeoutMs: 0,
};

interface Deferred {
  cmd: string;
  task: string;
  variables: Variables;
  silent: boolean;
  timeout: string;
}

function command(node: YamlNode): Command {
  if (node.kind === 'scalar') return { ...EMPTY_COMMAND, cmd: isNull(node) ? '' : node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'command');
  const made: Mutable<Command> = { ...EMPTY_COMMAND };
  let deferred: Deferred | undefined;
  fields(node, {
    cmd: (value, problems) => {
      made.cmd = text(value, problems);
    },
    task: (value, problems) => {
      made.task = text(value, problems);
    },
    phase: (value, problems) => {
      made.phase = text(value, problems);
    },
    for: (value) => {
      if (!isNull(value)) made.loop = loop(value);
    },
    if: (value, problems) => {
      made.condition = text(value, problems);
    },
    when: (value, problems) => {
      made.condition = text(value, problems);
    },
    silent: (value, problems) => {
      made.silent = flag(value, problems);
    },
    set: (value, problems) => {
      made.set = texts(value, problems);
    },
    shopt: (value, problems) => {
      made.shopt = texts(value, problems);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    ignore_error: (value, problems) => {
      made.ignoreError = flag(value, problems);
    },
    defer: (value) => {
      if (!isNull(value)) deferred = defer(value);
    },
    platforms: (value, problems) => {
      made.platforms = items(value, '[]*ast.Platform', problems, platform);
    },
    timeout: (value, problems) => {
      made.timeoutMs = timeout(text(value, problems), node);
    },
  });
  if (deferred !== undefined) {
    if (deferred.timeout !== '') throw new DecodeError(node, ['timeout must be set next to defer, not inside it']);
    const { timeoutMs, silent } = made;
    if (deferred.cmd !== '') return { ...EMPTY_COMMAND, defer: true, cmd: deferred.cmd, silent, timeoutMs };
    if (deferred.task === '') return { ...EMPTY_COMMAND, timeoutMs };
    const call = { task: deferred.task, variables: deferred.variables, silent: deferred.silent };
    return { ...EMPTY_COMMAND, ...call, defer: true, timeoutMs };
  }
  if (made.task !== '') {
    // A call takes no command settings.
    const { platforms: _platforms, set: _set, shopt: _shopt, ...call } = made;
    return { ...EMPTY_COMMAND, ...call, cmd: '', phase: '' };
  }
  if (made.cmd === '' && made.phase === '') throw new DecodeError(node, ['invalid keys in command']);
  return made;
}

function defer(node: YamlNode): Deferred {
  const made: Deferred = { cmd: '', task: '', variables: new Map(), silent: false, timeout: '' };
  if (node.kind === 'scalar') return { ...made, cmd: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'defer');
  fields(node, {
    defer: (value, problems) => {
      made.cmd = text(value, problems);
    },
    task: (value, problems) => {
      made.task = text(value, problems);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    silent: (value, problems) => {
      made.silent = flag(value, problems);
    },
    timeout: (value, problems) => {
      made.timeout = text(value, problems);
    },
  });
  return made;
}

function timeout(written: string, node: YamlNode): number {
  if (written === '') return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds === undefined) throw new DecodeError(node, ['invalid timeout format']);
  if (milliseconds <= 0) throw new DecodeError(node, ['timeout must be greater than zero']);
  return milliseconds;
}

function dependency(node: YamlNode): Dependency {
  const made: Mutable<Dependency> = { task: '', variables: new Map(), silent: false, timeoutMs: 0 };
  if (node.kind === 'scalar') return { ...made, task: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'dependency');
  fields(node, {
    task: (value, problems) => {
      made.task = text(value, problems);
    },
    for: (value) => {
      if (!isNull(value)) made.loop = loop(value);
    },
    vars: (value) => {
      made.variables = variables(value);
    },
    silent: (value, problems) => {
      made.silent = flag(value, problems);
    },
    timeout: (value, problems) => {
      made.timeoutMs = timeout(text(value, problems), node);
    },
  });
  return made;
}

function loop(node: YamlNode): Loop {
  const made: Mutable<Loop> = { from: '', list: [], matrix: new Map(), variable: '', split: '', as: '' };
  if (node.kind === 'scalar') return { ...made, from: node.value };
  if (node.kind === 'sequence') return { ...made, list: node.children.map((child) => nodeValue(resolved(child))) };
  if (node.kind !== 'mapping') throw wrongType(node, 'for');
  fields(node, {
    matrix: (value) => {
      if (!isNull(value)) made.matrix = matrix(value);
    },
    var: (value, problems) => {
      made.variable = text(value, problems);
    },
    split: (value, problems) => {
      made.split = text(value, problems);
    },
    as: (value, problems) => {
      made.as = text(value, problems);
    },
  });
  if (made.variable === '' && made.matrix.size === 0) throw new DecodeError(node, ['invalid keys in for']);
  if (made.variable !== '' && made.matrix.size > 0)
    throw new DecodeError(node, ['cannot use both var and matrix in for']);
  return made;
}

function matrix(node: YamlNode): Map<string, MatrixRow> {
  if (node.kind !== 'mapping') throw wrongType(node, 'matrix');
  const made = new Map<string, MatrixRow>();
  for (const [key, raw] of entries(node)) {
    const value = resolved(raw);
    if (value.kind === 'sequence')
      made.set(key.value, { ref: '', values: value.children.map((child) => nodeValue(resolved(child))) });
    else if (value.kind === 'mapping') {
      let ref = '';
      fields(value, {
        ref: (part, problems) => {
          ref = text(part, problems);
        },
      });
      made.set(key.value, { ref, values: [] });
    } else throw new DecodeError(node, ['matrix values must be an array or a reference']);
  }
  return made;
}

function glob(node: YamlNode): Glob {
  if (node.kind === 'scalar') return { glob: node.value, negate: false };
  if (node.kind !== 'mapping') throw wrongType(node, 'glob');
  let exclude = '';
  fields(node, {
    exclude: (value, problems) => {
      exclude = text(value, problems);
    },
  });
  return { glob: exclude, negate: true };
}

function precondition(node: YamlNode): Precondition {
  if (node.kind === 'scalar') return { sh: node.value, message: `\`${node.value}\` failed` };
  if (node.kind !== 'mapping') throw wrongType(node, 'precondition');
  const made = { sh: '', message: '' };
  fields(node, {
    sh: (value, problems) => {
      made.sh = text(value, problems);
    },
    msg: (value, problems) => {
      made.message = text(value, problems);
    },
  });
  return { sh: made.sh, message: made.message || `${made.sh} failed` };
}

function requires(node: YamlNode): RequiredVariable[] {
  let made: RequiredVariable[] = [];
  if (node.kind !== 'mapping') throw wrongType(node, 'ast.Requires');
  fields(node, {
    vars: (value, problems) => {
      made = items(value, '[]*ast.VarsWithValidation', problems, requiredVariable);
    },
  });
  return made;
}

function requiredVariable(node: YamlNode): RequiredVariable {
  const made: Mutable<RequiredVariable> = { name: '', allowed: [], allowedRef: '' };
  if (node.kind === 'scalar') return { ...made, name: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'requires');
  fields(node, {
    name: (value, problems) => {
      made.name = text(value, problems);
    },
    enum: (value, problems) => {
      if (isNull(value)) return;
      if (value.kind === 'sequence') made.allowed = texts(value, problems);
      else if (value.kind === 'mapping') {
        fields(value, {
          ref: (part, all) => {
            made.allowedRef = text(part, all);
          },
        });
        if (made.allowedRef === '') throw wrongType(value, 'enum');
      } else throw wrongType(value, 'enum');
    },
  });
  return made;
}

function platform(node: YamlNode): Platform {
  if (node.kind !== 'scalar') throw wrongType(node, 'platform');
  const parts = node.value.split('/');
  const [first = '', second] = parts;
  const invalid = new DecodeError(node, [`invalid platform "${node.value}"`]);
  if (parts.length > 2) throw invalid;
  if (isKnownOs(first)) {
    if (second === undefined) return { os: first, arch: '' };
    if (isKnownArch(second)) return { os: first, arch: second };
    throw invalid;
  }
  if (isKnownArch(first) && second === undefined) return { os: '', arch: first };
  throw invalid;
}
