import type { YamlMap, YamlScalar, YamlValue } from '../../core/value.ts';

/** One line of comment, without its `#`. */
export class Comment {
  readonly text: string;
  /** Whether it stands behind a value and not in a line of its own. */
  readonly inline: boolean;
  constructor(text: string, inline = false) {
    this.text = text;
    this.inline = inline;
  }
}

/** A number that is a float whatever its value: `1.0` counts as `1` for a MAC and is written as one. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A timestamp, as RFC 3339 text. */
export class Time {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A mapping with its comments, in the order of the text. Keys may come twice (the sections of an INI file). */
export class Branch {
  readonly items: readonly (Entry | Comment)[];
  constructor(items: readonly (Entry | Comment)[]) {
    this.items = items;
  }
}

export interface Entry {
  readonly key: string;
  readonly value: SopsValue;
}

/** What sops holds a file as. In a list a `Comment` is one; a `number` is an integer. */
export type SopsValue = YamlScalar | Float | Time | Comment | Branch | readonly SopsValue[];

export const isSopsList = (value: SopsValue): value is readonly SopsValue[] => Array.isArray(value);

/** An object as the tree of its JSON. */
export function branchOf(map: YamlMap): Branch {
  return new Branch([...map].map(([key, value]) => ({ key, value: treeOf(value) })));
}

function treeOf(value: YamlValue): SopsValue {
  if (value instanceof Map) return branchOf(value);
  if (Array.isArray(value)) return value.map(treeOf);
  return typeof value === 'number' && !Number.isSafeInteger(value) ? new Float(value) : value;
}

/** The same as data. Of equal keys the last one counts; comments are left out. */
export function mapOf(branch: Branch): YamlMap {
  const map: YamlMap = new Map();
  for (const item of branch.items) if (!(item instanceof Comment)) map.set(item.key, dataOf(item.value));
  return map;
}

function dataOf(value: SopsValue): YamlValue {
  if (value instanceof Branch) return mapOf(value);
  if (isSopsList(value)) return value.filter((item) => !(item instanceof Comment)).map(dataOf);
  if (value instanceof Float) return value.value;
  if (value instanceof Time || value instanceof Comment) return value.text;
  return value;
}
