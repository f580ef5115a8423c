import { describe, expect, it } from 'vitest';
import { helmFunctions } from '../../src/engines/gotemplate/index.ts';
import { TemplateSet } from '../../src/engines/gotemplate/template-set.ts';

const functions = helmFunctions('4');
const text = '{{define "inner"}}{{.a.b}}{{end}}\n{{template "inner" .}}';
const run = (name: string, body: string) => {
  const set = new TemplateSet({ name: 'gotpl', functions });
  const parsed = set.parse(name, body);
  if (!parsed.ok) return parsed.error.message;
  const executed = set.execute(name, new Map([['a', 'text']]));
  return executed.ok ? executed.value : executed.error.message;
};

describe('texts that stand in several files', () => {
  it('name the file that is executed in their errors', () => {
    for (const name of ['one/_a.tpl', 'two/_a.tpl', 'one/_a.tpl'])
      expect(run(name, text)).toContain(`template: ${name}:1:22: executing "inner" at <.a.b>`);
  });
  it('mean something else where they define the name of their file', () => {
    const own = '{{define "x"}}in{{end}} out';
    expect(run('y', own)).toBe(' out');
    expect(run('x', own)).toContain('multiple definition of template "x"');
    expect(run('z', own)).toBe(' out');
    expect(run('y', '{{define "q"}}in{{end}} ')).toBe(' ');
    expect(run('q', '{{define "q"}}in{{end}} ')).toBe('in');
    expect(run('y', '{{define "q"}}in{{end}} ')).toBe(' ');
  });
});
