import { getField, setField, setScalar } from '../nodes/edit.ts';
import { isMissingOrNull, isNilOrEmpty, type Node, Scalar, textOf } from '../nodes/node.ts';
import type { FieldSchema } from '../schema/schema.ts';
import { matchElement, setElement } from './elements.ts';
import type { Merger } from './strategic-merge.ts';

/**
 * Merges two lists whose elements are known by the texts of their key fields (`name`; `containerPort` and `protocol`), or,
 * without keys, by their own text. Oddities of the original are kept: they show in results.
 * @see kyaml yaml/walk/associative_sequence.go
 */
export function mergeKeyedList(
  merger: Merger,
  dest: Node[],
  patch: Node[] | undefined,
  schema: FieldSchema,
): Node[] | undefined {
  const keys = schema.list?.keys ?? [];
  const sources = [dest, isMissingOrNull(patch as Node | undefined) ? undefined : patch];
  const ordered = merger.increase === 'prepend' ? [sources[1], sources[0]] : sources;
  const values = keys.length === 0 ? scalarTexts(ordered) : keyTexts(ordered, keys);
  return mergeElements(merger, sources, values, keys.length === 0 ? [''] : keys, dest, schema);
}

function keyTexts(sources: readonly (readonly Node[] | undefined)[], keys: readonly string[]): string[][] {
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const source of sources)
    for (const item of source ?? []) {
      const texts = keys.map((key) => {
        const field = item instanceof Map ? item.get(key) : undefined;
        return isNilOrEmpty(field) ? '' : textOf(field);
      });
      const id = texts.join('\0');
      if (seen.has(id)) continue;
      seen.add(id);
      found.push(texts);
    }
  return found;
}

function scalarTexts(sources: readonly (readonly Node[] | undefined)[]): string[][] {
  const seen = new Set<string>();
  for (const source of sources) for (const item of source ?? []) seen.add(textOf(item));
  return [...seen].map((text) => [text]);
}

function mergeElements(
  merger: Merger,
  sources: readonly (Node[] | undefined)[],
  valuesList: string[][],
  keys: readonly string[],
  dest: Node[],
  schema: FieldSchema,
): Node[] | undefined {
  const added: Node[] = [];
  if (keys.length > 1) unifyValues(valuesList);
  let usedKeys: string[] = [];
  const anywhere = usedIn(valuesList, keys);
  for (const values of valuesList) {
    const valid = validKeys(anywhere, values, keys);
    usedKeys = valid.keys;
    const narrowed = validKeys(usedIn([valid.values], valid.keys), valid.values, valid.keys);
    const [into, from] = sources.map((source) =>
      source === undefined ? undefined : matchElement(source, narrowed.keys, narrowed.values),
    );
    const value = merger.walkElement(into, from, schema.list?.elements);
    if (isMissingOrNull(value) || (value instanceof Map && value.size === 0)) {
      for (const _ of valid.keys) setElement(dest, undefined, valid.keys, valid.values);
      if (valid.keys.length > 0) continue;
    } else completeKeys(value!, valid.keys, valid.values);
    setElement(added, value, valid.keys.length === 0 ? [''] : valid.keys, valid.values);
  }
  if (valuesList.length === 0) return dest;
  return merger.increase === 'prepend' ? appendAll(added, dest, usedKeys) : appendAll(dest, added, usedKeys);
}

/** Gives an element the key fields that it was found by and does not have. */
function completeKeys(value: Node, keys: readonly string[], values: readonly string[]): void {
  keys.forEach((key, at) => {
    const text = values[at] ?? '';
    if (text === '') return;
    if (value instanceof Map) {
      if (!value.has(key)) setField(value, key, new Scalar(text, ''));
    } else if (value instanceof Scalar && key === '') setScalar({ node: value, put: () => {} }, new Scalar(text, ''));
  });
}

/** Texts that agree as far as both have any become one and the same. */
function unifyValues(valuesList: string[][]): void {
  for (let i = 0; i < valuesList.length; i++) {
    const first = valuesList[i]!;
    for (let j = 0; j < valuesList.length; j++) {
      const common = unified(first, valuesList[j]!);
      if (common !== undefined) {
        valuesList[i] = common;
        valuesList[j] = common;
      }
    }
  }
}

function unified(a: readonly string[], b: readonly string[]): string[] | undefined {
  if (a.length !== b.length) return undefined;
  let common = false;
  const result: string[] = [];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at]!, b[at]!];
    if (x === y) common = true;
    else if (x !== '' && y !== '') return undefined;
    result.push(x !== '' ? x : y);
  }
  return common ? result : undefined;
}

function usedIn(valuesList: readonly (readonly string[])[], keys: readonly string[]): Set<string> {
  const used = new Set<string>();
  for (const values of valuesList)
    values.forEach((value, at) => {
      if (value !== '') used.add(keys[at]!);
    });
  return used;
}

/** The keys that any element has a text for, and this element's texts for them. */
function validKeys(
  used: ReadonlySet<string>,
  values: readonly string[],
  keys: readonly string[],
): { keys: string[]; values: string[] } {
  if (used.size === 0) return { keys: [...keys], values: [...values] };
  return {
    keys: keys.filter((key) => used.has(key)),
    values: values.filter((value, at) => value !== '' || used.has(keys[at]!)),
  };
}

function appendAll(into: Node[], from: readonly Node[], keys: readonly string[]): Node[] {
  for (const element of [...from]) {
    if (keys.length === 0 || keys[0] === '') {
      setElement(into, element, [''], [textOf(element)]);
      continue;
    }
    const texts: string[] = [];
    for (const key of keys) {
      const value = getField(element, key);
      if (value === undefined) into.push(element);
      else texts.push(textOf(value));
    }
    if (keys.length > 1) setElement(into, undefined, keys, texts);
    setElement(into, element, keys, texts);
  }
  return into;
}
