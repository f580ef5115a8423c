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

/** The bytes that a ConfigMap (`data`, `binaryData`) or Secret (`data`, `stringData` over it) holds. */
export function objectBytes(object: YamlMap): Map<string, Buffer> {
  const secret = object.get('kind') === 'Secret';
  const [encoded, plain] = secret ? ['data', 'stringData'] : ['binaryData', 'data'];
  const found = new Map<string, Buffer>();
  const encodedBytes = [...entries(getIn(object, encoded))].map(
    ([key, value]) => [key, decodedBytes(scalarText(value))] as const,
  );
  const plainBytes = [...entries(getIn(object, plain))].map(
    ([key, value]) => [key, Buffer.from(scalarText(value))] as const,
  );
  // A ConfigMap has no key in both; of a Secret, the API server lets stringData win.
  for (const [key, bytes] of secret ? [...encodedBytes, ...plainBytes] : [...plainBytes, ...encodedBytes])
    found.set(key, bytes);
  return found;
}

const entries = (value: YamlValue | undefined): Iterable<[string, YamlValue]> => (isMap(value) ? value : []);

const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/;

/** A placeholder (a value that is not known) is no base64 and stays what it is. */
const decodedBytes = (text: string): Buffer => Buffer.from(text, NOT_BASE64.test(text) ? 'utf8' : 'base64');

const decodeBase64 = (text: string): string => decodedBytes(text).toString('utf8');
