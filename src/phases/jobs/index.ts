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
export { type ExportFormat, exportFiles, manifestStream, manifestText } from './formats.ts';
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
