import type { ObjectId } from './object-id.ts';

const KUSTOMIZE = 'kustomize.toolkit.fluxcd.io';
const HELM = 'helm.toolkit.fluxcd.io';
const SOURCE = 'source.toolkit.fluxcd.io';
const SOURCE_EXTENSIONS = 'source.extensions.fluxcd.io';
const OPERATOR = 'fluxcd.controlplane.io';

/** The kinds that make work in a run, by `group/kind`. */
export type FluxKind =
  | 'Kustomization'
  | 'HelmRelease'
  | 'GitRepository'
  | 'OCIRepository'
  | 'HelmRepository'
  | 'HelmChart'
  | 'Bucket'
  | 'ExternalArtifact'
  | 'ArtifactGenerator'
  | 'ResourceSet'
  | 'ResourceSetInputProvider'
  | 'FluxInstance';

const FLUX_KINDS = new Map<string, FluxKind>([
  [`${KUSTOMIZE}/Kustomization`, 'Kustomization'],
  [`${HELM}/HelmRelease`, 'HelmRelease'],
  [`${SOURCE}/GitRepository`, 'GitRepository'],
  [`${SOURCE}/OCIRepository`, 'OCIRepository'],
  [`${SOURCE}/HelmRepository`, 'HelmRepository'],
  [`${SOURCE}/HelmChart`, 'HelmChart'],
  [`${SOURCE}/Bucket`, 'Bucket'],
  [`${SOURCE}/ExternalArtifact`, 'ExternalArtifact'],
  [`${SOURCE_EXTENSIONS}/ArtifactGenerator`, 'ArtifactGenerator'],
  [`${OPERATOR}/ResourceSet`, 'ResourceSet'],
  [`${OPERATOR}/ResourceSetInputProvider`, 'ResourceSetInputProvider'],
  [`${OPERATOR}/FluxInstance`, 'FluxInstance'],
]);

/** The Flux kind of an object, or `undefined` for any other object (kustomize's own `Kustomization` files among them). */
export function fluxKind(id: Pick<ObjectId, 'group' | 'kind'>): FluxKind | undefined {
  return FLUX_KINDS.get(`${id.group}/${id.kind}`);
}

export const isSourceKind = (kind: FluxKind): boolean =>
  kind === 'GitRepository' ||
  kind === 'OCIRepository' ||
  kind === 'HelmRepository' ||
  kind === 'HelmChart' ||
  kind === 'Bucket' ||
  kind === 'ExternalArtifact';

export const isConfigMap = (id: Pick<ObjectId, 'group' | 'kind'>): boolean =>
  id.group === '' && id.kind === 'ConfigMap';
export const isSecret = (id: Pick<ObjectId, 'group' | 'kind'>): boolean => id.group === '' && id.kind === 'Secret';
export const isCrd = (id: Pick<ObjectId, 'group' | 'kind'>): boolean =>
  id.group === 'apiextensions.k8s.io' && id.kind === 'CustomResourceDefinition';

/** Files of these names make a directory a kustomization. */
export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;
