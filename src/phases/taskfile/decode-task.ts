import type { YamlNode } from '../../engines/goyaml/index.ts';
import type { Command, Mutable, Precondition, RequiredVariable, Task } from './ast.ts';
import { command, commandList, dependency, platform } from './decode-command.ts';
import {
  DecodeError,
  entries,
  fields,
  flag,
  into,
  isNull,
  itemsOf,
  optionalFlag,
  type Problems,
  resolved,
  text,
  texts,
  unlessNull,
  wrongType,
} from './decode-node.ts';
import { variables } from './decode-variables.ts';
import type { Glob } from './globs.ts';

/** The tasks of a Taskfile by name, as their includes have not changed them yet. `file` is absolute. */
export function tasks(node: YamlNode, file: string): Map<string, Task> {
  if (node.kind !== 'mapping') throw wrongType(node, 'tasks');
  const made = new Map<string, Task>();
  for (const [key, value] of entries(node)) {
    const location = { file, line: key.line, column: key.column };
    made.set(key.value, { ...task(resolved(value)), name: key.value, location });
  }
  return made;
}

const EMPTY_TASK: Task = {
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
  const given: { cmd?: Command; cmds?: Command[] } = {};
  const set = into(made);
  const setGiven = into(given);
  fields(node, {
    cmds: setGiven('cmds', unlessNull(itemsOf('[]*ast.Cmd', command))),
    cmd: setGiven('cmd', unlessNull(command)),
    deps: set('dependencies', itemsOf('[]*ast.Dep', dependency)),
    label: set('label', text),
    desc: set('description', text),
    prompt: set('prompts', unlessNull(prompts)),
    summary: set('summary', text),
    requires: set('requires', unlessNull(requires)),
    aliases: set('aliases', texts),
    sources: set('sources', itemsOf('[]*ast.Glob', glob)),
    generates: set('generates', itemsOf('[]*ast.Glob', glob)),
    status: set('status', texts),
    preconditions: set('preconditions', itemsOf('[]*ast.Precondition', precondition)),
    dir: set('directory', text),
    set: set('set', texts),
    shopt: set('shopt', texts),
    vars: set('variables', variables),
    env: set('environment', variables),
    dotenv: set('dotenv', texts),
    silent: set('silent', optionalFlag),
    interactive: set('interactive', flag),
    internal: set('internal', flag),
    method: set('method', text),
    prefix: set('prefix', text),
    ignore_error: set('ignoreError', flag),
    use_gitignore: set('useGitignore', optionalFlag),
    run: set('run', text),
    platforms: set('platforms', itemsOf('[]*ast.Platform', platform)),
    if: set('condition', text),
    when: set('condition', text),
    watch: set('watch', flag),
    failfast: set('failfast', flag),
    needs: set('needs', (value, problems) =>
      value.kind === 'scalar' ? [text(value, problems)] : texts(value, problems),
    ),
  });
  const { cmd, cmds } = given;
  if (cmd !== undefined && cmds !== undefined) throw new DecodeError(node, ['task cannot have both cmd and cmds']);
  made.commands = cmd === undefined ? (cmds ?? []) : [cmd];
  return made;
}

function prompts(node: YamlNode, problems: Problems): string[] {
  if (node.kind === 'mapping') throw wrongType(node, 'prompt');
  return node.kind === 'scalar' ? [node.value] : texts(node, problems);
}

function glob(node: YamlNode): Glob {
  if (node.kind === 'scalar') return { glob: node.value, negate: false };
  if (node.kind !== 'mapping') throw wrongType(node, 'glob');
  const made = { glob: '', negate: true };
  fields(node, { exclude: into(made)('glob', text) });
  return made;
}

function precondition(node: YamlNode): Precondition {
  if (node.kind === 'scalar') return { sh: node.value, message: `\`${node.value}\` failed` };
  if (node.kind !== 'mapping') throw wrongType(node, 'precondition');
  const made = { sh: '', message: '' };
  const set = into(made);
  fields(node, {
    sh: set('sh', text),
    msg: set('message', text),
  });
  return { sh: made.sh, message: made.message || `${made.sh} failed` };
}

function requires(node: YamlNode): RequiredVariable[] {
  if (node.kind !== 'mapping') throw wrongType(node, 'ast.Requires');
  const made: { vars: RequiredVariable[] } = { vars: [] };
  fields(node, { vars: into(made)('vars', itemsOf('[]*ast.VarsWithValidation', requiredVariable)) });
  return made.vars;
}

function requiredVariable(node: YamlNode): RequiredVariable {
  const made: Mutable<RequiredVariable> = { name: '', allowed: [], allowedRef: '' };
  if (node.kind === 'scalar') return { ...made, name: node.value };
  if (node.kind !== 'mapping') throw wrongType(node, 'requires');
  const set = into(made);
  fields(node, {
    name: set('name', text),
    enum: (value, problems) => {
      if (isNull(value)) return;
      if (value.kind === 'sequence') made.allowed = texts(value, problems);
      else if (value.kind === 'mapping') {
        fields(value, {
          ref: set('allowedRef', text),
        });
        if (made.allowedRef === '') throw wrongType(value, 'enum');
      } else throw wrongType(value, 'enum');
    },
  });
  return made;
}
