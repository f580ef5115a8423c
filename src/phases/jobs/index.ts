export {
  type CheckFinding,
  type CheckOptions,
  checkObjects,
  checkText,
  RULES,
  type Rule,
  readObjects,
  type Severity,
} from './check.ts';
export { deploymentToJob } from './convert.ts';
export { dockerfile } from './dockerfile.ts';
export { type ExportedFiles, type ExportFormat, exportFiles, manifestStream, manifestText } from './formats.ts';
export { hasFixedTag, readJobSettings } from './job-settings.ts';
export { DEFAULT_SPEC, dnsName, type JobSpec, type JobStep, jobName, specDigest } from './job-spec.ts';
export {
  chainedJobs,
  cronJob,
  fluxKustomizations,
  job,
  type Manifest,
  waiterAccess,
  withInitContainers,
} from './manifests.ts';
export { JobVersions, type StoredVersion } from './versions.ts';
