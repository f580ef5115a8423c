import { canonicalJson, sha256 } from '../../core/digest.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { hasFixedTag } from './job-settings.ts';
import { type JobSpec, jobName } from './job-spec.ts';
import { DOMAIN, type Manifest } from './manifests.ts';

/** Settings of a pod that only make sense for what runs on and on. */
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'ports'];

/**
 * A bootstrap Deployment as a Job: the same pod, run once, with limits, retries, a deadline and a time to live where the
 * Deployment has none. Probes and ports go; what has to be looked at by a person is told in `notes`.
 */
export function deploymentToJob(deployment: Manifest, spec: JobSpec): Result<{ job: Manifest; notes: string[] }> {
  const kind = String(deployment.kind);
  if (kind !== 'Deployment' && kind !== 'StatefulSet' && kind !== 'DaemonSet')
    return fail(failure('invalid-object', `a Deployment is converted, not a ${kind}`));
  const metadata = asMap(deployment.metadata);
  const template = asMap(asMap(deployment.spec).template);
  const pod = asMap(template.spec);
  const containers = asList(pod.containers);
  if (containers.length === 0)
    return fail(failure('invalid-object', `${kind}/${String(metadata.name)} has no containers`));
  const notes: string[] = [];
  const replicas = asMap(deployment.spec).replicas;
  if (typeof replicas === 'number' && replicas > 1) notes.push(`${replicas} replicas became one run`);
  const runOnce = (container: Manifest): Manifest => {
    const kept = Object.fromEntries(Object.entries(container).filter(([key]) => !PROBES.includes(key)));
    const resources = asMap(container.resources);
    const image = String(container.image ?? '');
    if (!hasFixedTag(image)) notes.push(`the image ${image} needs a fixed tag or a digest`);
    return {
      ...kept,
      resources: {
        requests: resources.requests ?? spec.resources.requests,
        limits: { ...spec.resources.limits, ...asMap(resources.limits) },
      },
      terminationMessagePolicy: container.terminationMessagePolicy ?? 'FallbackToLogsOnError',
    };
  };
  const digest = sha256(canonicalJson(pod)).slice(0, 8);
  const name = String(metadata.name ?? spec.name);
  const annotations = {
    ...asMap(metadata.annotations),
    [`${DOMAIN}/converted-from`]: kind,
    [`${DOMAIN}/records`]: 'termination-message',
  };
  const job: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName({ ...spec, name, timestamp: spec.timestamp || digest }),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      annotations,
    },
    spec: {
      backoffLimit: spec.backoffLimit,
      activeDeadlineSeconds: spec.activeDeadlineSeconds,
      ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished,
      template: {
        ...(template.metadata === undefined ? {} : { metadata: template.metadata }),
        spec: {
          ...pod,
          restartPolicy: spec.restartPolicy,
          ...(pod.initContainers === undefined ? {} : { initContainers: asList(pod.initContainers).map(runOnce) }),
          containers: containers.map(runOnce),
        },
      },
    },
  };
  if (containers.length > 1) notes.push('all containers have to end for the Job to be complete');
  return ok({ job, notes });
}

const asMap = (value: unknown): Manifest =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Manifest) : {};
const asList = (value: unknown): readonly Manifest[] => (Array.isArray(value) ? (value as Manifest[]) : []);
