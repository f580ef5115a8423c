import { listOf, text } from '../kustomization/decode.ts';
import { decoders } from '../kustomization/types.ts';
import type { Loader } from '../loading/loader.ts';
import { readConfig } from '../nodes/read-config.ts';
import { asProblem } from '../problem.ts';
import {
  defaultTransformerConfig,
  EMPTY_CONFIG,
  type NameBackReference,
  type TransformerConfig,
  type TransformerConfigFile,
  transformerConfig,
} from './field-spec.ts';

const { struct, fieldSpecs } = decoders(true);
const gvk = { group: text, version: text, kind: text };
const configFile = struct<TransformerConfigFile>('builtinconfig.TransformerConfig', {
  namePrefix: fieldSpecs,
  nameSuffix: fieldSpecs,
  namespace: fieldSpecs,
  commonLabels: fieldSpecs,
  labels: fieldSpecs,
  templateLabels: fieldSpecs,
  volumeClaimTemplateLabels: fieldSpecs,
  commonAnnotations: fieldSpecs,
  nameReference: listOf((value, at): NameBackReference => {
    const { fieldSpecs: referrers, ...target } = struct<{
      group: string;
      version: string;
      kind: string;
      fieldSpecs: NameBackReference['referrers'] | undefined;
    }>('builtinconfig.NameBackReferences', { ...gvk, fieldSpecs })(value, at);
    return { ...target, referrers: referrers ?? [] };
  }, 'builtinconfig.NameBackReferences'),
  varReference: fieldSpecs,
  images: fieldSpecs,
  replicas: fieldSpecs,
});

/**
 * The default configuration with that of the files in `configurations`.
 * @see kustomize api/internal/plugins/builtinconfig/transformerconfig.go, MakeTransformerConfig
 */
export function loadTransformerConfig(loader: Loader, paths: readonly string[]): TransformerConfig {
  const defaults = defaultTransformerConfig();
  if (paths.length === 0) return defaults;
  let custom = EMPTY_CONFIG;
  for (const path of paths) {
    const source = loader.load(path);
    try {
      const file = configFile(readConfig(source), { field: '', lenient: true });
      custom = custom.merge(transformerConfig(file));
    } catch (thrown) {
      const problem = asProblem(thrown);
      throw problem.withMessage(
        problem.message.startsWith('json: ')
          ? `error unmarshaling JSON: while decoding JSON: ${problem.message}`
          : problem.message,
        { file: loader.place(path) },
      );
    }
  }
  return defaults.merge(custom);
}
