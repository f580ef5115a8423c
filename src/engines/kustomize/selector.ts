import { effectiveNamespace, type Gvk, idString, type ResId } from './ids.ts';
import type { Selector } from './kustomization/types.ts';
import { parseLabelSelector } from './label-selector.ts';
import { compileAnchored, type Pattern } from './patterns.ts';
import type { Resource } from './resource.ts';
import type { ResourceMap } from './resource-map.ts';

/** A selector whose parts are regular expressions for the whole of what they are about; an empty part takes anything. */
export class SelectorPatterns {
  readonly #group: Pattern | undefined;
  readonly #version: Pattern | undefined;
  readonly #kind: Pattern | undefined;
  readonly #name: Pattern | undefined;
  readonly #namespace: Pattern | undefined;

  constructor(selector: Selector) {
    const compiled = (source: string): Pattern | undefined => (source === '' ? undefined : compileAnchored(source));
    this.#group = compiled(selector.group);
    this.#version = compiled(selector.version);
    this.#kind = compiled(selector.kind);
    this.#name = compiled(selector.name);
    this.#namespace = compiled(selector.namespace);
  }

  matchesGvk(gvk: Gvk): boolean {
    return (
      this.#kind?.test(gvk.kind) !== false &&
      this.#group?.test(gvk.group) !== false &&
      this.#version?.test(gvk.version) !== false
    );
  }

  matchesName(name: string): boolean {
    return this.#name?.test(name) !== false;
  }

  matchesNamespace(namespace: string): boolean {
    return this.#namespace?.test(namespace) !== false;
  }

  matches(id: ResId): boolean {
    return this.matchesGvk(id) && this.matchesName(id.name) && this.matchesNamespace(id.namespace);
  }
}

/** Whether labels and annotations are what the selector asks for. */
export function matchesMetadata(resource: Resource, selector: Selector): boolean {
  if (selector.annotationSelector !== '' && !parseLabelSelector(selector.annotationSelector)(resource.annotations))
    return false;
  return selector.labelSelector === '' || parseLabelSelector(selector.labelSelector)(resource.labels);
}

/**
 * The objects a patch's target asks for: by what they are called or were called first.
 * @see kustomize api/resmap/reswrangler.go, Select
 */
export function selectResources(resources: ResourceMap, selector: Selector): Resource[] {
  const patterns = new SelectorPatterns(selector);
  return resources.resources.filter((resource) => {
    const { id, originalId } = resource;
    return (
      patterns.matchesGvk(id) &&
      (patterns.matchesName(originalId.name) || patterns.matchesName(id.name)) &&
      (patterns.matchesNamespace(effectiveNamespace(originalId)) ||
        patterns.matchesNamespace(effectiveNamespace(id))) &&
      matchesMetadata(resource, selector)
    );
  });
}

/** A selector as kustomize writes it in messages. */
export const selectorText = (selector: Selector): string =>
  `${idString(selector)}:a=${selector.annotationSelector}:l=${selector.labelSelector}`;
