/** Kubernetes objects: reading, identity, Flux's kinds with their fields typed, filters. */
export { type ObjectFilter, passes } from './filters.ts';
export { dependsOn, isSuspended, type ObjectReference, sourceReference, specPath } from './flux-objects.ts';
export {
  type FluxKind,
  fluxKind,
  isConfigMap,
  isCrd,
  isSecret,
  isSourceKind,
  KUSTOMIZATION_FILES,
} from './kinds.ts';
export { compareIds, formatId, isObject, type ObjectId, objectId, objectKey, parseId } from './object-id.ts';
export { type Manifest, type ManifestFile, readManifests } from './read-manifests.ts';
