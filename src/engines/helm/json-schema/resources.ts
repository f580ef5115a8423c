import { quoteGo } from '../go-text.ts';
import type { Json, JsonObject } from './json.ts';
import type { Draft } from './schema.ts';

/**
 * Documents of schemas, and how they refer to each other.
 * @see github.com/santhosh-tekuri/jsonschema v6, root.go and util.go
 */

/** A schema that cannot be used; the message is the library's. */
export class SchemaProblem extends Error {}

/** A part of a document with an address of its own. */
export interface Resource {
  readonly pointer: string;
  readonly id: string;
  readonly draft: Draft;
  readonly anchors: Map<string, string>;
  readonly dynamicAnchors: Set<string>;
}

/** A document, and the resources in it. */
export interface Root {
  readonly url: string;
  readonly document: Json;
  /** By pointer. */
  readonly resources: Map<string, Resource>;
  /** The same by their address. */
  readonly ids: Map<string, Resource>;
  readonly processed: Set<string>;
  /** Nothing could be loaded: every pointer into it stands for a schema that allows all. */
  readonly permissive: boolean;
}

export function newResource(pointer: string, id: string, draft: Draft): Resource {
  return { pointer, id, draft, anchors: new Map(), dynamicAnchors: new Set() };
}

export function addResource(root: Root, resource: Resource): void {
  root.resources.set(resource.pointer, resource);
  root.ids.set(resource.id, resource);
}

export function resourceAt(root: Root, pointer: string): Resource {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const resource = root.resources.get(at);
    if (resource !== undefined) return resource;
    if (at.lastIndexOf('/') < 0) return root.resources.get('')!;
  }
}

export function idOf(draft: Draft, object: JsonObject): string {
  if (draft < 2019 && object.has('$ref')) return '';
  const id = object.get(draft === 4 ? 'id' : '$id');
  return typeof id === 'string' ? splitFragment(id)[0] : '';
}

export function collectAnchors(root: Root, object: JsonObject, pointer: string, resource: Resource): void {
  const add = (anchor: string): void => {
    const known = resource.anchors.get(anchor);
    if (known !== undefined && known !== pointer)
      throw new SchemaProblem(
        `duplicate anchor ${quoteGo(anchor)} in ${quoteGo(root.url)} at ${quoteGo(known)} and ${quoteGo(pointer)}`,
      );
    resource.anchors.set(anchor, pointer);
  };
  if (resource.draft < 2019) {
    if (object.has('$ref')) return;
    const id = object.get(resource.draft === 4 ? 'id' : '$id');
    if (typeof id !== 'string') return;
    const fragment = decodeFragment(splitFragment(id)[1], id);
    if (fragment !== '' && !fragment.startsWith('/')) add(fragment);
    return;
  }
  const anchor = object.get('$anchor');
  if (typeof anchor === 'string') add(anchor);
  const dynamic = object.get('$dynamicAnchor');
  if (resource.draft >= 2020 && typeof dynamic === 'string') {
    add(dynamic);
    resource.dynamicAnchors.add(dynamic);
  }
}

export function lookup(root: Root, pointer: string): Json {
  let value = root.document;
  for (const token of pointer.split('/').slice(1)) {
    if (/~(?![01])/.test(token))
      throw new SchemaProblem(`invalid json-pointer ${quoteGo(locationOf(root.url, pointer))}`);
    const name = token.replace(/~1/g, '/').replace(/~0/g, '~');
    let next: Json | undefined;
    if (value instanceof Map) next = value.get(name);
    else if (Array.isArray(value) && /^[+-]?[0-9]+$/.test(name)) next = value[Number(name)];
    if (next === undefined)
      throw new SchemaProblem(`json-pointer in ${quoteGo(locationOf(root.url, pointer))} not found`);
    value = next;
  }
  return value;
}

export function locationOf(url: string, pointer: string): string {
  return /^[\w/$.~-]*$/.test(pointer)
    ? `${url}#${pointer}`
    : `${url}#${pointer.split('/').map(encodePathSegment).join('/')}`;
}

/** Go's `url.PathEscape`. */
export function encodePathSegment(text: string): string {
  return encodeURIComponent(text)
    .replace(/%(24|26|2B|3A|3D|40)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function splitFragment(reference: string): [string, string] {
  const hash = reference.indexOf('#');
  return hash < 0 ? [reference, ''] : [reference.slice(0, hash), reference.slice(hash + 1)];
}

export function decodeFragment(fragment: string, reference: string): string {
  if (!fragment.includes('%')) return fragment;
  try {
    return decodeURIComponent(fragment);
  } catch {
    throw new SchemaProblem(`error in parsing ${quoteGo(reference)}: invalid URL escape`);
  }
}

export function joinUrl(base: string, reference: string, problem: () => string): string {
  if (reference === '') return base;
  // An absolute address stays as it is written, but for dots in its path.
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(reference) && !/\/\.\.?(\/|$)/.test(reference.replace(/^[^:]*:\/\/[^/]*/, '')))
    return reference;
  try {
    return new URL(reference, base).href;
  } catch {
    throw new SchemaProblem(problem());
  }
}
