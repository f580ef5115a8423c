import type { YamlMap, YamlValue } from '../../core/value.ts';
import { decodeUtf16 } from '../gotemplate/go-string.ts';
import { parse } from '../goyaml/index.ts';
import type { HelmVersion } from './chart.ts';
import { jsonKind } from './go-json.ts';
import { mergeMaps } from './merge-maps.ts';

/** A YAML text that cannot be read; `message` is what `sigs.k8s.io/yaml` says. */
export class YamlProblem extends Error {}

/** The first document of a text, numbers as float64: what `yaml.Unmarshal` gives Helm. */
export function parseYaml(text: string): YamlValue {
  const parsed = parse(text, { numbers: 'float64' });
  if (!parsed.ok) throw new YamlProblem(parsed.error.message);
  return parsed.value;
}

/**
 * Values out of a text: a values file of a user or of a chart. Helm 4 merges the documents of a stream, Helm 3 reads the first.
 * @throws YamlProblem
 * @see Helm pkg/chart/v2/loader/load.go, LoadValues
 */
export function readValuesText(text: string, helmVersion: HelmVersion): YamlMap {
  // A chart's values are read again whenever it is loaded; nobody changes what is read.
  const cache = recent[helmVersion];
  let values = cache.get(text);
  if (values === undefined) {
    values = read(text, helmVersion);
    if (cache.size >= MAX_RECENT) cache.delete(cache.keys().next().value!);
    if (text.length <= MAX_KEPT_LENGTH) cache.set(text, values);
  }
  return values;
}

const recent: Readonly<Record<HelmVersion, Map<string, YamlMap>>> = { '3': new Map(), '4': new Map() };
const MAX_RECENT = 32;
const MAX_KEPT_LENGTH = 1024 * 1024;

function read(text: string, helmVersion: HelmVersion): YamlMap {
  // Helm 4 looks for the ends of lines first, which UTF-16 does not survive.
  if (helmVersion === '3') return asMap(parseYaml(decodeUtf16(text)));
  if (!text.includes('---')) return asMap4(text);
  let values: YamlMap = new Map();
  for (const document of splitDocuments(text)) values = mergeMaps(values, asMap4(document));
  return values;
}

function asMap4(document: string): YamlMap {
  try {
    return asMap(parseYaml(document));
  } catch (error) {
    if (error instanceof YamlProblem) throw new YamlProblem(`cannot unmarshal yaml document: ${error.message}`);
    throw error;
  }
}

function asMap(value: YamlValue): YamlMap {
  if (value instanceof Map) return value;
  if (value === null) return new Map();
  throw new YamlProblem(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]interface {}`,
  );
}

/** @see k8s.io/apimachinery pkg/util/yaml/decoder.go, YAMLReader.Read */
function splitDocuments(text: string): string[] {
  const documents: string[] = [];
  let buffer = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('---')) {
      const rest = line.slice(3).trim();
      if (rest !== '' && !rest.startsWith('#'))
        throw new YamlProblem(`error reading yaml document: invalid Yaml document separator: ${rest}`);
      if (buffer !== '') {
        documents.push(buffer);
        buffer = '';
        continue;
      }
    }
    buffer += `${line}\n`;
  }
  if (buffer !== '') documents.push(buffer);
  return documents;
}
