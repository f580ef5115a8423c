import { idKey, idString, type ResId } from './ids.ts';
import { KustomizeProblem } from './problem.ts';
import type { Resource } from './resource.ts';

/**
 * The objects of a build in their order, no two with the same id.
 * @see kustomize api/resmap/reswrangler.go
 */
export class ResourceMap {
  #list: Resource[] = [];
  /** By current id, while no id has changed. */
  #byId: Map<string, Resource[]> | undefined;
  /** By any id, current or previous, while no id has changed. */
  #byAnyId: Map<string, Resource[]> | undefined;

  get resources(): readonly Resource[] {
    return this.#list;
  }

  /** To be called after ids have changed. */
  invalidate(): void {
    this.#byId = undefined;
    this.#byAnyId = undefined;
  }

  #index(): Map<string, Resource[]> {
    this.#byId ??= indexed(this.#list, (resource) => [resource.key]);
    return this.#byId;
  }

  append(resource: Resource): void {
    const index = this.#index();
    const { key } = resource;
    const there = index.get(key);
    if (there !== undefined && there.length > 0)
      throw new KustomizeProblem(`may not add resource with an already registered id: ${idString(resource.id)}`);
    index.set(key, [resource]);
    this.#list.push(resource);
    this.#byAnyId = undefined;
  }

  appendAll(resources: Iterable<Resource>): void {
    for (const resource of resources) this.append(resource);
  }

  /** Puts other objects in place of all. */
  replaceAll(resources: readonly Resource[]): void {
    this.#list = [...resources];
    this.invalidate();
  }

  /** Leaves out what patches have deleted. */
  dropEmpty(): void {
    if (this.#list.some((resource) => resource.isEmpty)) this.replaceAll(this.#list.filter((one) => !one.isEmpty));
  }

  /** Throws if two objects have the same id. */
  requireUnique(): void {
    const list = this.#list;
    this.#list = [];
    this.invalidate();
    this.appendAll(list);
  }

  withId(id: ResId): readonly Resource[] {
    return this.#index().get(idKey(id)) ?? [];
  }

  /** The objects that have or had the id. */
  withAnyId(id: ResId): readonly Resource[] {
    this.#byAnyId ??= indexed(this.#list, anyKeys);
    return this.#byAnyId.get(idKey(id)) ?? [];
  }

  /** The only object that has or had the id. */
  byId(id: ResId): Resource {
    const found = this.withAnyId(id);
    if (found.length === 1) return found[0]!;
    const text = idString(id);
    throw new KustomizeProblem(
      `${found.length > 1 ? 'multiple matches' : 'no matches'} for Id ${text}; failed to find unique target for patch ${text}`,
    );
  }

  /**
   * Adds objects of a generator: those that say so replace the one with their id or are merged into it.
   */
  absorb(resources: readonly Resource[], merge: (resource: Resource, old: Resource) => void): void {
    for (const resource of resources) this.#absorbOne(resource, merge);
  }

  #absorbOne(resource: Resource, merge: (resource: Resource, old: Resource) => void): void {
    const matches = this.withAnyId(resource.id);
    const { behavior } = resource;
    const changes = behavior === 'merge' || behavior === 'replace';
    if (matches.length === 0) {
      if (changes) throw new KustomizeProblem(`id ${goId(resource.id)} does not exist; cannot merge or replace`);
      this.append(resource);
      return;
    }
    if (matches.length > 1)
      throw new KustomizeProblem(
        `found multiple objects [${matches.map((one) => idString(one.id)).join(' ')}] that could accept merge of ${idString(resource.id)}`,
      );
    if (!changes)
      throw new KustomizeProblem(
        `id ${goId(resource.id)} exists; can not use behavior: '${behavior}', behavior must be merge or replace`,
        {
          hint: `${idString(resource.id)} is there already: give the generator behavior 'merge' or 'replace', or another name`,
        },
      );
    const old = matches[0]!;
    merge(resource, old);
    this.#list[this.#list.indexOf(old)] = resource;
    this.invalidate();
    const same = this.withId(resource.id);
    if (same.length > 1) throw new KustomizeProblem(`in Replace: id matched ${same.length} resources`);
  }
}

function indexed(list: readonly Resource[], keys: (resource: Resource) => readonly string[]): Map<string, Resource[]> {
  const index = new Map<string, Resource[]>();
  for (const resource of list)
    for (const key of keys(resource)) {
      const there = index.get(key);
      if (there === undefined) index.set(key, [resource]);
      else there.push(resource);
    }
  return index;
}

function anyKeys(resource: Resource): readonly string[] {
  if (resource.isEmpty) return [];
  const { previousIds } = resource;
  if (previousIds.length === 0) return [resource.key];
  return [...new Set([...previousIds.map(idKey), resource.key])];
}

/** An id as Go's `%#v` prints it. */
export function goId(id: ResId): string {
  const text = JSON.stringify;
  return `resid.ResId{Gvk:resid.Gvk{Group:${text(id.group)}, Version:${text(id.version)}, Kind:${text(id.kind)}, isClusterScoped:${id.clusterScoped}}, Name:${text(id.name)}, Namespace:${text(id.namespace)}}`;
}
