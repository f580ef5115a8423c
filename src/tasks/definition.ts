import { canonicalJson } from '../core/digest.ts';
import type { Location } from '../core/location.ts';
import { fromPlain, type YamlMap } from '../core/value.ts';
import { type ObjectId, objectId } from '../manifests/index.ts';

/**
 * An object as it stands in a task's output: its identity beside it, so that a run can ask what is there without reading it.
 * `json` is canonical JSON: equal objects have equal texts.
 */
export type Definition = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly json: string;
  readonly at?: Location;
};

export function encodeDefinition(object: YamlMap, origin: { readonly at?: Location }): Definition {
  return { ...objectId(object), json: canonicalJson(object), ...(origin.at === undefined ? {} : { at: origin.at }) };
}

export function decodeDefinition(definition: Pick<Definition, 'json'>): YamlMap {
  return fromPlain(JSON.parse(definition.json)) as YamlMap;
}

export const definitionId = (definition: Definition): ObjectId => ({
  group: definition.group,
  version: definition.version,
  kind: definition.kind,
  namespace: definition.namespace,
  name: definition.name,
});
