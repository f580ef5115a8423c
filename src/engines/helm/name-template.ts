import { fail, ok, type Result } from '../../core/result.ts';
import { TemplateSet } from '../gotemplate/template-set.ts';
import { contextFor, functionsFor } from './template-objects.ts';

/** A release's name out of `--name-template`: sprig's functions, no data. @see Helm pkg/action/install.go, TemplateName */
export function renderNameTemplate(text: string): Result<string, string> {
  const set = new TemplateSet({
    name: 'name-template',
    functions: functionsFor('4'),
    context: contextFor({ lookup: undefined, seed: false }),
  });
  const parsed = set.parse('name-template', text);
  if (!parsed.ok) return fail(parsed.error.message);
  const name = set.execute('name-template', null);
  return name.ok ? ok(name.value) : fail(name.error.message);
}
