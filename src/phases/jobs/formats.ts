import { fromPlain } from '../../core/value.ts';
import { stringify } from '../../engines/goyaml/index.ts';
import { dnsName, type JobSpec } from './job-spec.ts';
import type { Manifest } from './manifests.ts';

export type ExportFormat = 'plain' | 'kustomization' | 'chart';

/** Files by their path below the directory that is exported to. */
export type ExportedFiles = ReadonlyMap<string, string>;

export const manifestText = (manifest: Manifest): string => stringify(fromPlain(manifest));

export const manifestStream = (manifests: readonly Manifest[]): string =>
  manifests.map((manifest) => `---\n${manifestText(manifest)}`).join('');

function fileName(manifest: Manifest): string {
  const metadata = manifest.metadata as { name: string };
  return `${String(manifest.kind).toLowerCase()}-${metadata.name}.yaml`;
}

/** The manifests as plain files, with a kustomization, or as a Helm chart whose values set what a release may want to change. */
export function exportFiles(manifests: readonly Manifest[], format: ExportFormat, spec: JobSpec): ExportedFiles {
  const files = new Map<string, string>();
  if (format === 'chart') return chart(manifests, spec);
  for (const manifest of manifests) files.set(fileName(manifest), manifestText(manifest));
  if (format === 'kustomization')
    files.set(
      'kustomization.yaml',
      manifestText({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [...files.keys()].sort(),
      }),
    );
  return files;
}

function chart(manifests: readonly Manifest[], spec: JobSpec): ExportedFiles {
  const version = /^\d+\.\d+\.\d+/.test(spec.version) ? spec.version : `${Number.parseInt(spec.version, 10) || 0}.0.0`;
  const files = new Map<string, string>([
    [
      'Chart.yaml',
      manifestText({
        apiVersion: 'v2',
        name: dnsName(spec.name),
        description: `Jobs of ${spec.name}`,
        type: 'application',
        version,
        appVersion: spec.version,
      }),
    ],
    [
      'values.yaml',
      manifestText({
        backoffLimit: spec.backoffLimit,
        activeDeadlineSeconds: spec.activeDeadlineSeconds,
        ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished,
        resources: spec.resources,
      }),
    ],
  ]);
  for (const manifest of manifests) files.set(`templates/${fileName(manifest)}`, templated(manifestText(manifest)));
  return files;
}

/** Braces of a manifest are text to Helm; then the settings of Jobs become values. */
function templated(text: string): string {
  const literal = text.replace(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`);
  let made = literal;
  for (const key of ['backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'])
    made = made.replace(new RegExp(`^( *)${key}: \\d+$`, 'gm'), `$1${key}: {{ .Values.${key} }}`);
  return made.replace(
    /^( *)resources:\n(?:\1 {2,}.*\n)+/gm,
    (_whole, indent: string) =>
      `${indent}resources:\n${indent}  {{- toYaml .Values.resources | nindent ${indent.length + 2} }}\n`,
  );
}
