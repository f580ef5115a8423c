import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../../cache/index.ts';
import { cloneValue, isMap, toPlain, type YamlMap, type YamlValue } from '../../../core/value.ts';
import { parse, stringify } from '../../../engines/goyaml/index.ts';
import { render, toTemplateValue } from '../../taskfile/template-engine.ts';
import { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from '../handler.ts';
import type { ConfigurationRequirement } from '../requirements.ts';

/**
 * Makes configuration files from Go templates (`.` holds the defaults, and the environment under `.Env`) or from the defaults
 * alone, and validates them. A file that is there is only validated.
 */
export const configuration: BootstrapHandler = {
  name: 'configuration',
  priority: 20,
  async shouldRun(context) {
    return context.requirements.configuration.some(
      (one) => !existsSync(context.locate(one.path)) || one.required.length > 0 || one.schema !== '',
    );
  },
  async execute(context) {
    let done = 0;
    for (const one of context.requirements.configuration) {
      const path = context.locate(one.path);
      if (existsSync(path)) {
        await validate(context, one, readFileSync(path, 'utf8'));
        continue;
      }
      const text = make(context, one);
      await validate(context, one, text);
      mkdirSync(dirname(path), { recursive: true });
      replaceFile(path, Buffer.from(text));
      context.log(
        `made the configuration ${one.path}${one.template === '' ? ' from defaults' : ` from ${one.template}`}`,
      );
      done++;
    }
    return done;
  },
};

function make(context: BootstrapContext, one: ConfigurationRequirement): string {
  if (one.template === '')
    return one.path.endsWith('.json') ? `${JSON.stringify(toPlain(one.defaults), null, 2)}\n` : stringify(one.defaults);
  let template: string;
  try {
    template = readFileSync(context.locate(one.template), 'utf8');
  } catch {
    throw new BootstrapProblem(`the template ${one.template} cannot be read`);
  }
  const data: YamlMap = cloneValue(one.defaults);
  const env: YamlMap = new Map();
  for (const [name, value] of Object.entries(context.environment)) if (value !== undefined) env.set(name, value);
  data.set('Env', env);
  const values = new Map([...data].map(([name, value]) => [name, toTemplateValue(value)]));
  const rendered = render(template, values, { environment: context.environment, cwd: context.workspace });
  if (!rendered.ok) throw new BootstrapProblem(`${one.template}: ${rendered.error.message}`);
  return rendered.value.replaceAll('<no value>', '');
}

async function validate(context: BootstrapContext, one: ConfigurationRequirement, text: string): Promise<void> {
  if (!/\.(?:ya?ml|json)$/.test(one.path)) return;
  const data = parse(text);
  if (!data.ok) throw new BootstrapProblem(`${one.path}: ${data.error.message}`);
  for (const key of one.required)
    if (!has(data.value, key.split('.'))) throw new BootstrapProblem(`${one.path} lacks ${key}`);
  if (one.schema === '') return;
  const { Ajv } = await import('ajv');
  let schema: object;
  try {
    schema = JSON.parse(readFileSync(context.locate(one.schema), 'utf8')) as object;
  } catch (error) {
    throw new BootstrapProblem(`the schema ${one.schema}: ${(error as Error).message}`);
  }
  const ajv = new Ajv({ allErrors: true, strict: false });
  const check = ajv.compile(schema);
  if (check(toPlain(data.value)) !== true)
    throw new BootstrapProblem(`${one.path} does not match ${one.schema}: ${ajv.errorsText(check.errors)}`);
}

function has(value: YamlValue, path: readonly string[]): boolean {
  let at: YamlValue | undefined = value;
  for (const key of path) at = isMap(at) ? at.get(key) : undefined;
  return at !== undefined && at !== null;
}
