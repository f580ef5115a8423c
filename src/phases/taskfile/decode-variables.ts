import { quoteGo } from '../../core/go-quote.ts';
import type { YamlNode } from '../../engines/goyaml/index.ts';
import type { Mutable, Variable, Variables } from './ast.ts';
import {
  DecodeError,
  entries,
  fields,
  flag,
  into,
  isNull,
  resolved,
  text,
  unlessNull,
  wrongType,
} from './decode-node.ts';

import { nodeValue } from './node-value.ts';

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
        `${quoteGo(key.value)} is not a valid variable type. Try "sh", "ref", "map", "value" or using a scalar value`,
      ]);
  }
  if (!typed)
    throw new DecodeError(node, ['a variable must define one of "sh", "ref", "map", "value" or be a scalar value']);
  const values: Pick<Mutable<Variable>, 'value'> & { map?: Variable['value'] } = {};
  const set = into(made);
  const setValue = into(values);
  fields(node, {
    sh: set('sh', unlessNull(text)),
    ref: set('ref', text),
    map: setValue('map', nodeValue),
    value: setValue('value', nodeValue),
    secret: set('secret', flag),
  });
  const used = values.map ?? values.value;
  if (used !== undefined && used !== null) made.value = used;
  return made;
}
