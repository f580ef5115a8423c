import { fail, ok, type Result } from '../../core/result.ts';
import { functionContext } from '../gotemplate/context.ts';
import { sprigFunctions } from '../gotemplate/sprig.ts';
import { TemplateSet } from '../gotemplate/template-set.ts';

/**
 * A release's name out of `--name-template`: sprig's functions, no data.
 * @param env what `env` and `expandenv` see
 * @see Helm pkg/action/install.go, TemplateName
 */
export function renderNameTemplate(text: string, env: ReadonlyMap<string, string> = new Map()): Result<string, string> {
  const set = new TemplateSet({
    name: 'name-template',
    functions: sprigFunctions(),
    context: functionContext({ seed: false, env }),
  });
  const parsed = set.parse('name-template', text);
  if (!parsed.ok) return fail(parsed.error.message);
  const name = set.execute('name-template', undefined);
  return name.ok ? ok(name.value) : fail(name.error.message);
}
