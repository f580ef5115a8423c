import { requireKind, setField } from '../nodes/edit.ts';
import { isMissingOrNull, type Node, NULL_TAG, Scalar, scalarText, textOf } from '../nodes/node.ts';
import type { FieldSchema, SchemaBook } from '../schema/schema.ts';
import { directiveOf } from './directives.ts';
import { mergeKeyedList } from './keyed-list.ts';

/** New elements of a merged list go before those that are there (patches) or after them (Helm values). */
export type ListIncrease = 'prepend' | 'append';

/** Stands for a null that the merge leaves where it is. */
const KEEP = Symbol('keep');

/**
 * Merges `patch` into `dest`, which is changed; the patch is used up. Gives the result, which is `dest` where there was one,
 * or `undefined` where the patch deletes it.
 * @see kyaml yaml/merge2/merge2.go and yaml/walk
 */
export function strategicMerge(
  dest: Node,
  patch: Node,
  schemas: SchemaBook,
  increase: ListIncrease = 'prepend',
): Node | undefined {
  const result = new Merger(schemas, increase).walk(dest, patch, undefined);
  return result === KEEP ? dest : result;
}

export class Merger {
  readonly #schemas: SchemaBook;
  readonly increase: ListIncrease;

  constructor(schemas: SchemaBook, increase: ListIncrease) {
    this.#schemas = schemas;
    this.increase = increase;
  }

  walk(
    dest: Node | undefined,
    patch: Node | undefined,
    given: FieldSchema | undefined,
  ): Node | undefined | typeof KEEP {
    const schema = given ?? this.#schemaOfObject(dest) ?? this.#schemaOfObject(patch);
    const leading = isMissingOrNull(dest) ? patch : dest;
    if (isMissingOrNull(leading) || leading instanceof Map) {
      if (leading instanceof Map) requireBoth(dest, patch, 'MappingNode');
      return this.#walkMap(dest, patch, schema);
    }
    if (Array.isArray(leading)) {
      requireBoth(dest, patch, 'SequenceNode');
      if (schema?.list?.merge === true) return this.#walkKeyedList(dest, patch, schema);
      return patch === undefined ? dest : patch;
    }
    requireBoth(dest, patch, 'ScalarNode');
    return patch === undefined ? dest : patch;
  }

  /** The schema of what says its own kind, at whatever depth it stands. */
  #schemaOfObject(node: Node | undefined): FieldSchema | undefined {
    if (!(node instanceof Map)) return undefined;
    const kind = scalarText(node.get('kind'));
    if (kind === '') return undefined;
    const apiVersion = scalarText(node.get('apiVersion'));
    return apiVersion === '' ? undefined : this.#schemas.forKind(apiVersion, kind);
  }

  #walkMap(
    dest: Node | undefined,
    patch: Node | undefined,
    schema: FieldSchema | undefined,
  ): Node | undefined | typeof KEEP {
    const into = visitMap(dest, patch);
    if (!(into instanceof Map)) return into;
    const from = patch instanceof Map ? patch : undefined;
    // Only the fields of the patch can differ where all others are plain; the others are still looked at, since empty nulls go.
    const names =
      from === undefined || from === into ? [...into.keys()] : [...new Set([...into.keys(), ...from.keys()])];
    for (const name of names) {
      const field = into.get(name);
      const other = from === into ? field : from?.get(name);
      if (other === undefined && field instanceof Scalar && field.tag !== NULL_TAG) continue;
      const value = this.walk(field, other, schema?.type?.field(name));
      if (value === KEEP) continue;
      if (value !== field || value === undefined || isMissingOrNull(value)) setField(into, name, value);
    }
    return into;
  }

  #walkKeyedList(dest: Node | undefined, patch: Node | undefined, schema: FieldSchema): Node | undefined {
    const into = visitList(dest, patch);
    if (into === undefined) return undefined;
    return mergeKeyedList(this, into as Node[], patch as Node[] | undefined, schema);
  }

  /** `walk`, with a null that stays as itself. */
  walkElement(dest: Node | undefined, patch: Node | undefined, schema: FieldSchema | undefined): Node | undefined {
    const result = this.walk(dest, patch, schema);
    return result === KEEP ? dest : result;
  }
}

function requireBoth(
  dest: Node | undefined,
  patch: Node | undefined,
  kind: 'MappingNode' | 'SequenceNode' | 'ScalarNode',
): void {
  requireKind(dest, kind);
  requireKind(patch, kind);
}

/** What a mapping's fields are merged into; `undefined` where nothing is left. */
function visitMap(dest: Node | undefined, patch: Node | undefined): Node | undefined | typeof KEEP {
  if (isMissingOrNull(dest)) {
    if (patch instanceof Map && directiveOf(patch, true) === 'delete') return undefined;
    if (patch === undefined && dest !== undefined && textOf(dest) !== '') return KEEP;
    return patch;
  }
  if (patch instanceof Scalar && patch.tag === NULL_TAG) return undefined;
  switch (patch === undefined ? 'merge' : directiveOf(patch, false)) {
    case 'delete':
      return undefined;
    case 'replace':
      return patch;
    default:
      return dest;
  }
}

function visitList(dest: Node | undefined, patch: Node | undefined): Node | undefined {
  if (isMissingOrNull(dest)) return patch;
  if (patch instanceof Scalar && patch.tag === NULL_TAG) return undefined;
  switch (patch === undefined ? 'merge' : directiveOf(patch, false)) {
    case 'delete':
      return undefined;
    case 'replace':
      return patch;
    default:
      return dest;
  }
}
