import { gvkString, idString, isSelected, type ResId } from '../../ids.ts';
import type {
  Replacement,
  ReplacementOptions,
  ReplacementSource,
  ReplacementTarget,
} from '../../kustomization/types.ts';
import { lookup, type Slot } from '../../nodes/edit.ts';
import { copyNode, isNilOrEmpty, kindName, type Node, Scalar, scalarText, textOf } from '../../nodes/node.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { matchesMetadata, SelectorPatterns } from '../../selector.ts';
import type { Transformer } from '../transformer.ts';
import { matchPath } from './path-matcher.ts';
import { splitFieldPath } from './split-path.ts';
import { setInText } from './structured-data.ts';

/**
 * Copies a field of one object (or a fixed value) into fields of others.
 *
 * ```yaml
 * replacements:
 * - source: { kind: ConfigMap, name: settings, fieldPath: data.host }
 *   targets:
 *   - select: { kind: Ingress }
 *     fieldPaths: [spec.rules.*.host]
 *     options: { delimiter: ".", index: 0 }
 * ```
 * @see kustomize api/filters/replacement/replacement.go
 */
export function replacementTransformer(replacements: readonly Replacement[]): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      for (const replacement of replacements) {
        const { source, sourceValue, targets } = replacement;
        if ((source === undefined && sourceValue === undefined) || targets === undefined)
          throw new KustomizeProblem('replacements must specify a source and at least one target');
        const value = replacementValue(resources.resources, source, sourceValue);
        for (const target of targets) applyToTarget(resources, value, target);
        resources.invalidate();
      }
    },
  };
}

function replacementValue(
  resources: readonly Resource[],
  source: ReplacementSource | undefined,
  sourceValue: string | undefined,
): Node {
  if (source === undefined) return new Scalar(sourceValue ?? '', '');
  if (sourceValue !== undefined) throw new KustomizeProblem('value and resource selectors are mutually exclusive');
  const resource = selectSource(resources, source);
  const fieldPath = source.fieldPath || 'metadata.name';
  let node: Node | undefined;
  try {
    node = lookup(resource.root, splitFieldPath(fieldPath));
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`error looking up replacement source: ${problem.message}`);
  }
  if (node === undefined || isNilOrEmpty(node))
    throw new KustomizeProblem(`fieldPath \`${fieldPath}\` is missing for replacement source ${idString(source)}`);
  return refined(node, source.options);
}

/** What the object is and was called; scopes do not count here. */
function idsOf(resource: Resource): readonly ResId[] {
  const { id, previousIds } = resource;
  return [id.clusterScoped ? { ...id, clusterScoped: false } : id, ...previousIds];
}

function selectSource(resources: readonly Resource[], source: ReplacementSource): Resource {
  const namespace = source.namespace;
  const wanted = namespace === '' ? 'default' : namespace;
  let found: Resource | undefined;
  for (const resource of resources) {
    const selected = idsOf(resource).some(
      (id) =>
        (source.name === '' || source.name === id.name) &&
        (namespace === '' || (id.namespace === '' ? 'default' : id.namespace) === wanted) &&
        isSelected(id, source),
    );
    if (!selected) continue;
    if (found !== undefined)
      throw new KustomizeProblem(`multiple matches for selector ${sourceText(source)}`, {
        hint: `both ${idString(found.id)} and ${idString(resource.id)} are selected`,
      });
    found = resource;
  }
  if (found === undefined) throw new KustomizeProblem(`nothing selected by ${sourceText(source)}`);
  return found;
}

function sourceText(source: ReplacementSource): string {
  const parts = [idString(source)];
  parts.push(source.fieldPath || 'metadata.name');
  if (source.fieldPath === '') parts.pop();
  const { options } = source;
  if (options !== undefined && (options.delimiter !== '' || options.create))
    parts.push(`${options.delimiter}(${options.index}), create=${options.create}`);
  return parts.join(':');
}

function refined(node: Node, options: ReplacementOptions | undefined): Node {
  if (options === undefined || options.delimiter === '') return node;
  if (!(node instanceof Scalar)) throw new KustomizeProblem('delimiter option can only be used with scalar nodes');
  const parts = scalarText(node).split(options.delimiter);
  const part = options.index < 0 ? undefined : parts[options.index];
  if (part === undefined)
    throw new KustomizeProblem(`options.index ${options.index} is out of bounds for value ${scalarText(node)}`);
  const copy = copyNode(node);
  copy.value = part;
  return copy;
}

function applyToTarget(resources: ResourceMap, value: Node, target: ReplacementTarget): void {
  const { select } = target;
  if (select === undefined) throw new KustomizeProblem('target must specify resources to select');
  let patterns: SelectorPatterns;
  let rejected: { patterns: SelectorPatterns; any: boolean }[];
  try {
    patterns = new SelectorPatterns(select);
    rejected = (target.reject ?? []).map((selector) => ({
      patterns: new SelectorPatterns(selector),
      any: [selector.group, selector.version, selector.kind, selector.name, selector.namespace].every(
        (part) => part === '',
      ),
    }));
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`error creating target selector: ${problem.message}`);
  }
  const fieldPaths =
    target.fieldPaths === undefined || target.fieldPaths.length === 0 ? ['metadata.name'] : target.fieldPaths;
  const paths = fieldPaths.map((path) => ({ path, parts: splitFieldPath(path) }));
  for (const resource of resources.resources) {
    if (resource.root === undefined) continue;
    const ids = idsOf(resource);
    const chosen = ids.some((id) => patterns.matches(id));
    // Selectors are read for every object, so that a broken one is told of even where nothing is chosen.
    if (!matchesMetadata(resource, select)) continue;
    const refused = (target.reject ?? []).some(
      (selector) =>
        (selector.annotationSelector !== '' || selector.labelSelector !== '') && matchesMetadata(resource, selector),
    );
    if (refused || !chosen) continue;
    if (rejected.some((reject) => !reject.any && ids.some((id) => reject.patterns.matches(id)))) continue;
    for (const { path, parts } of paths) copyInto(resource, value, path, parts, target.options);
    resource.touch();
  }
}

function copyInto(
  resource: Resource,
  value: Node,
  path: string,
  parts: readonly string[],
  options: ReplacementOptions | undefined,
): void {
  const root = resource.root!;
  const create = options?.create === true ? kindName(value) : undefined;
  const kind = create as 'ScalarNode' | 'MappingNode' | 'SequenceNode' | undefined;
  const set = (slot: Slot): void => setValue(slot, value, options);
  if (setInText(root, parts, kind, set)) return;
  const missing = `unable to find ${create === undefined ? '' : 'or create '}field ${JSON.stringify(path)} in replacement target`;
  let slots: Slot[] | undefined;
  try {
    slots = matchPath({ node: root, put: () => {} }, parts, kind);
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`${missing}: ${problem.message}`);
  }
  if (slots === undefined || slots.length === 0)
    throw new KustomizeProblem(missing, {
      hint: `${idString(resource.id)} (${gvkString(resource.id)}) has no such field; 'options.create: true' makes it`,
    });
  for (const slot of slots) set(slot);
}

/** A scalar keeps its tag and its quotes and gets another text; anything else gives way. */
function setValue(slot: Slot, source: Node, options: ReplacementOptions | undefined): void {
  let value = copyNode(source);
  const { node } = slot;
  if (options !== undefined && options.delimiter !== '') {
    if (!(node instanceof Scalar)) throw new KustomizeProblem('delimiter option can only be used with scalar nodes');
    const parts = node.value.split(options.delimiter);
    const text = scalarText(value);
    if (options.index < 0) parts.unshift(text);
    else if (options.index >= parts.length) parts.push(text);
    else parts[options.index] = text;
    value = new Scalar(parts.join(options.delimiter), value instanceof Scalar ? value.tag : '');
  }
  if (node instanceof Scalar) node.value = textOf(value);
  else slot.put(value);
}
