import { parseDuration } from '../../core/duration.ts';
import type { YamlNode } from '../../engines/goyaml/index.ts';
import type { Command, Dependency, Loop, MatrixRow, Mutable, Platform, Variables } from './ast.ts';
import {
  DecodeError,
  entries,
  fields,
  flag,
  into,
  isNull,
  itemsOf,
  resolved,
  text,
  texts,
  unlessNull,
  wrongType,
} from './decode-node.ts';
import { variables } from './decode-variables.ts';
import { nodeValue } from './node-value.ts';
import { isKnownArch, isKnownOs } from './platforms.ts';

/** The commands of a task that is a bare list. */
export function commandList(node: YamlNode): Command[] {
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

/** An item of `cmds`, in any of its forms. */
export function command(node: YamlNode): Command {
  if (node.kind === 'scalar') return { ...EMPTY_COMMAND, cmd: isNull(node) ? '' : node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'command');
  const made: Mutable<Command> = { ...EMPTY_COMMAND };
  const given: { deferred?: Deferred } = {};
  const set = into(made);
  fields(node, {
    cmd: set('cmd', text),
    task: set('task', text),
    phase: set('phase', text),
    for: set('loop', unlessNull(loop)),
    if: set('condition', text),
    when: set('condition', text),
    silent: set('silent', flag),
    set: set('set', texts),
    shopt: set('shopt', texts),
    vars: set('variables', variables),
    ignore_error: set('ignoreError', flag),
    defer: into(given)('deferred', unlessNull(defer)),
    platforms: set('platforms', itemsOf('[]*ast.Platform', platform)),
    timeout: set('timeoutMs', (value, problems) => timeout(text(value, problems), node)),
  });
  const { deferred } = given;
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
  const set = into(made);
  fields(node, {
    defer: set('cmd', text),
    task: set('task', text),
    vars: set('variables', variables),
    silent: set('silent', flag),
    timeout: set('timeout', text),
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

/** An item of `deps`. */
export function dependency(node: YamlNode): Dependency {
  const made: Mutable<Dependency> = { task: '', variables: new Map(), silent: false, timeoutMs: 0 };
  if (node.kind === 'scalar') return { ...made, task: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'dependency');
  const set = into(made);
  fields(node, {
    task: set('task', text),
    for: set('loop', unlessNull(loop)),
    vars: set('variables', variables),
    silent: set('silent', flag),
    timeout: set('timeoutMs', (value, problems) => timeout(text(value, problems), node)),
  });
  return made;
}

function loop(node: YamlNode): Loop {
  const made: Mutable<Loop> = { from: '', list: [], matrix: new Map(), variable: '', split: '', as: '' };
  if (node.kind === 'scalar') return { ...made, from: node.value };
  if (node.kind === 'sequence') return { ...made, list: node.children.map((child) => nodeValue(resolved(child))) };
  if (node.kind !== 'mapping') throw wrongType(node, 'for');
  const set = into(made);
  fields(node, {
    matrix: set('matrix', unlessNull(matrix)),
    var: set('variable', text),
    split: set('split', text),
    as: set('as', text),
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
      const row = { ref: '', values: [] };
      fields(value, { ref: into(row)('ref', text) });
      made.set(key.value, row);
    } else throw new DecodeError(node, ['matrix values must be an array or a reference']);
  }
  return made;
}

/** `linux`, `amd64` or `linux/amd64`. */
export function platform(node: YamlNode): Platform {
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
