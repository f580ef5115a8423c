import { getIn, isMap, type YamlMap, type YamlValue } from '../core/value.ts';
import { scalarText } from './fields.ts';

/** Finds a ConfigMap or Secret of the run, rendered or given; `undefined` where there is none. */
export type DataLookup = (kind: 'ConfigMap' | 'Secret', namespace: string, name: string) => YamlMap | undefined;

/**
 * The texts that a ConfigMap (`data`) or Secret (`data` decoded, `stringData` over it, as the API server stores it) holds.
 * `binaryData` of a ConfigMap is no text and left out. Values that are no base64 are taken as they stand.
 */
export function objectData(object: YamlMap): Map<string, string> {
  const texts = new Map<string, string>();
  const secret = object.get('kind') === 'Secret';
  for (const [key, value] of entries(getIn(object, 'data')))
    texts.set(key, secret ? decodeBase64(scalarText(value)) : scalarText(value));
  if (secret) for (const [key, value] of entries(getIn(object, 'stringData'))) texts.set(key, scalarText(value));
  return texts;
}

const entries = (value: YamlValue | undefined): Iterable<[string, YamlValue]> => (isMap(value) ? value : []);

const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;

/** A placeholder (a value that is not known) is no base64 and stays what it is. */
function decodeBase64(text: string): string {
  return NOT_BASE64.test(text) ? text : Buffer.from(text, 'base64').toString('utf8');
}
