export { parseDuration } from '../core/duration.ts';
export { bucketReferenceName, fetchBucket, resolveBucket } from './bucket.ts';
export { type BucketSpec, readBucketSpec } from './bucket-spec.ts';
export { type CollectSourcesOptions, collectSources } from './collect.ts';
export {
  bucketCredentials,
  gitCredentials,
  helmCredentials,
  ociCredentials,
  type SourceSecrets,
  secretData,
} from './credentials.ts';
export { fetchGitRepository, gitReferenceName, resolveGitRepository } from './git-repository.ts';
export { type GitInclude, type GitReference, type GitRepositorySpec, readGitRepositorySpec } from './git-spec.ts';
export { chartVersion, fetchHelmChart, helmReferenceName, resolveHelmChart } from './helm-chart.ts';
export {
  type ChartRequest,
  type HelmChartSpec,
  type HelmRepositorySpec,
  helmRepositoryAt,
  readHelmChartSpec,
  readHelmRepositorySpec,
} from './helm-spec.ts';
export { LOCK_FILE, readLockfile, writeLockfile } from './lockfile.ts';
export { fetchOciRepository, ociReferenceName, resolveOciRepository } from './oci-repository.ts';
export { type OciReference, type OciRepositorySpec, readOciRepositorySpec, readVerification } from './oci-spec.ts';
export { fetchRemoteFile, resolveRemoteFile } from './remote-file.ts';
export type {
  BucketCredentials,
  FetchedFile,
  FetchedTree,
  GitCredentials,
  HelmCredentials,
  OciCredentials,
  SourceCache,
  SourceOptions,
} from './types.ts';
