import type { FieldSpec } from '../../config/field-spec.ts';
import type { Image } from '../../kustomization/types.ts';
import { getField, requireKind, type Slot, setScalar } from '../../nodes/edit.ts';
import { type Node, Scalar } from '../../nodes/node.ts';
import { compilePattern, type Pattern } from '../../patterns.ts';
import { KustomizeProblem } from '../../problem.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { visitFields } from '../field-visitor.ts';
import type { Transformer } from '../transformer.ts';

/**
 * Gives images another name, tag or digest: those of `containers` and `initContainers` wherever they stand, and those in
 * the fields of the specs.
 *
 * ```yaml
 * images:
 * - name: nginx
 *   newName: registry.example.org/nginx
 *   newTag: "1.27"
 * ```
 * @see kustomize api/filters/imagetag
 */
export function imageTransformer(image: Image, specs: readonly FieldSpec[]): Transformer {
  return {
    transform: (resources: ResourceMap): void => {
      const pattern = imagePattern(image.name);
      const set = (slot: Slot): void => setImage(slot, image, pattern);
      for (const resource of resources.resources)
        if (resource.root !== undefined && resource.kind !== 'CustomResourceDefinition')
          visitContainers(resource.root, set);
      for (const resource of resources.resources)
        if (resource.kind !== 'CustomResourceDefinition') visitFields(resource, specs, { set });
      resources.dropEmpty();
    },
  };
}

function visitContainers(node: Node, set: (slot: Slot) => void): void {
  if (Array.isArray(node)) {
    for (const item of node) if (!(item instanceof Scalar)) visitContainers(item, set);
  } else if (node instanceof Map)
    for (const [key, value] of node) {
      if (value instanceof Scalar) continue;
      visitContainers(value, set);
      if ((key !== 'containers' && key !== 'initContainers') || !Array.isArray(value)) continue;
      for (const container of value) {
        const field = getField(container, 'image');
        if (field !== undefined)
          set({ node: field, put: (to) => void (container as Map<string, Node>).set('image', to) });
      }
    }
}

/** The name is a regular expression, and one that is none matches nothing. */
function imagePattern(name: string): Pattern | undefined {
  const source = `^${name}(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$`;
  if (/^[A-Za-z0-9_/:@.-]*$/.test(name)) return new RegExp(source.replaceAll('/', '\\/'));
  try {
    return compilePattern(source);
  } catch (thrown) {
    if (thrown instanceof KustomizeProblem) return undefined;
    throw thrown;
  }
}

function setImage(slot: Slot, image: Image, pattern: Pattern | undefined): void {
  const { node } = slot;
  requireKind(node, 'ScalarNode');
  const value = node instanceof Scalar ? node.value : '';
  if (pattern?.test(value) !== true) return;
  let [name, tag, digest] = splitImage(value);
  if (image.newName !== '') name = image.newName;
  if (image.newTag !== '') {
    tag = image.newTag;
    digest = image.digest;
  } else if (image.digest !== '') {
    tag = '';
    digest = image.digest;
  } else if (image.tagSuffix !== '') {
    tag += image.tagSuffix;
    digest = '';
  }
  setScalar(slot, new Scalar(`${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`, ''));
}

/** Name, tag and digest; the port of a registry is no tag. */
export function splitImage(image: string): [name: string, tag: string, digest: string] {
  const slash = Math.max(image.indexOf('/'), 0);
  const rest = image.slice(slash);
  const at = rest.indexOf('@');
  const colon = rest.indexOf(':');
  if (at < 0 && colon < 0) return [image, '', ''];
  if (at >= 0 && (at < colon || colon < 0)) return [image.slice(0, slash + at), '', rest.slice(at + 1)];
  const name = image.slice(0, slash + colon);
  return at >= 0 ? [name, rest.slice(colon + 1, at), rest.slice(at + 1)] : [name, rest.slice(colon + 1), ''];
}
