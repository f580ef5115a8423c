import { parseDuration } from '../../core/duration.ts';
import { parseVersion } from '../../core/semver.ts';
import type { YamlNode } from '../../engines/goyaml/index.ts';
import type { Include, Mutable, Taskfile } from './ast.ts';
import {
  DecodeError,
  entries,
  fields,
  flag,
  into,
  isNull,
  optionalFlag,
  type Problems,
  resolved,
  text,
  texts,
  unlessNull,
  wrongType,
} from './decode-node.ts';
import { tasks } from './decode-task.ts';
import { variables } from './decode-variables.ts';
import { DEFAULT_OUTPUT, type OutputStyle } from './output.ts';

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
  const set = into(made);
  fields(node, {
    version: set('version', version),
    output: set('output', unlessNull(output)),
    method: set('method', text),
    includes: set('includes', unlessNull(includes)),
    set: set('set', texts),
    shopt: set('shopt', texts),
    vars: set('variables', variables),
    env: set('environment', variables),
    tasks: set(
      'tasks',
      unlessNull((value) => tasks(value, file)),
    ),
    silent: set('silent', flag),
    dotenv: set('dotenv', texts),
    run: set('run', text),
    interval: set('intervalMs', duration),
    use_gitignore: set('useGitignore', optionalFlag),
  });
  return made;
}

function duration(node: YamlNode, problems: Problems): number | undefined {
  const milliseconds = parseDuration(text(node, problems));
  if (milliseconds === undefined) problems.add(node, 'time.Duration');
  return milliseconds;
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
      const set = into(made);
      fields(value, {
        begin: set('begin', text),
        end: set('end', text),
        error_only: set('errorOnly', flag),
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
  const set = into(made);
  fields(node, {
    taskfile: set('taskfile', text),
    dir: set('directory', text),
    optional: set('optional', flag),
    internal: set('internal', flag),
    flatten: set('flatten', flag),
    aliases: set('aliases', texts),
    excludes: set('excludes', texts),
    vars: set('variables', variables),
    checksum: set('checksum', text),
  });
  if (made.taskfile.trim() === '' && made.directory.trim() === '')
    throw new DecodeError(node, ['include must specify taskfile or dir']);
  return made;
}
