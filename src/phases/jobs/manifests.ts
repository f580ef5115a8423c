import { dnsName, type JobSpec, type JobStep, jobName, specDigest } from './job-spec.ts';

/** Plain data of a Kubernetes object, keys in the order in which they are printed. */
export type Manifest = { readonly [key: string]: unknown };

/** A prefix for annotations and labels of our own. */
export const DOMAIN = 'flux-local.io';

const labels = (spec: JobSpec): Record<string, string> => ({
  'app.kubernetes.io/name': dnsName(spec.name),
  'app.kubernetes.io/component': 'bootstrap',
  'app.kubernetes.io/version': spec.version.replace(/[^A-Za-z0-9._-]/g, '-'),
  'app.kubernetes.io/managed-by': 'flux-local',
});

const annotations = (spec: JobSpec, steps: readonly JobStep[]): Record<string, string> => ({
  [`${DOMAIN}/digest`]: specDigest(spec),
  [`${DOMAIN}/steps`]: steps.map(({ name }) => name).join(','),
  [`${DOMAIN}/records`]: 'termination-message',
});

function container(spec: JobSpec, step: JobStep): Manifest {
  const env = Object.entries(spec.environment).map(([name, value]) => ({ name, value }));
  return {
    name: dnsName(step.name),
    image: step.image ?? spec.image,
    imagePullPolicy: 'IfNotPresent',
    command: [...step.command],
    ...(env.length === 0 ? {} : { env }),
    resources: spec.resources,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** A pod of steps: all but the last are init containers, which run one after the other. */
function podSpec(spec: JobSpec, steps: readonly JobStep[], before: readonly Manifest[] = []): Manifest {
  const containers = steps.map((step) => container(spec, step));
  const init = [...before, ...containers.slice(0, -1)];
  return {
    restartPolicy: spec.restartPolicy,
    ...(spec.serviceAccount === '' ? {} : { serviceAccountName: spec.serviceAccount }),
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...(init.length === 0 ? {} : { initContainers: init }),
    containers: containers.slice(-1),
  };
}

function jobTemplate(spec: JobSpec, steps: readonly JobStep[], before: readonly Manifest[] = []): Manifest {
  return {
    backoffLimit: spec.backoffLimit,
    activeDeadlineSeconds: spec.activeDeadlineSeconds,
    ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished,
    template: { metadata: { labels: labels(spec) }, spec: podSpec(spec, steps, before) },
  };
}

/** One Job that runs all steps. */
export function job(spec: JobSpec, steps = spec.steps, part = '', before: readonly Manifest[] = []): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(spec, part),
      namespace: spec.namespace,
      labels: labels(spec),
      annotations: annotations(spec, steps),
    },
    spec: jobTemplate(spec, steps, before),
  };
}

/** A CronJob for what recurs. Runs do not overlap. */
export function cronJob(spec: JobSpec): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      // A CronJob's Jobs get eleven characters behind its name.
      name: jobName({ ...spec, name: dnsName(spec.name).slice(0, 25) }),
      namespace: spec.namespace,
      labels: labels(spec),
      annotations: annotations(spec, spec.steps),
    },
    spec: {
      schedule: spec.schedule,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 300,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: { metadata: { labels: labels(spec) }, spec: jobTemplate(spec, spec.steps) },
    },
  };
}

/** A Job a step. `init`: each waits, in an init container, until the one before is complete. */
export function chainedJobs(spec: JobSpec, wait: 'init' | 'none'): Manifest[] {
  return spec.steps.map((step, at) => {
    const previous = spec.steps[at - 1];
    const before = previous === undefined || wait === 'none' ? [] : [waiter(spec, jobName(spec, previous.name))];
    return job(spec, [step], step.name, before);
  });
}

/** An init container that waits for a Job. Its service account has to be allowed to get Jobs. */
function waiter(spec: JobSpec, target: string): Manifest {
  return {
    name: dnsName('wait-for', target),
    image: 'registry.k8s.io/kubectl:v1.34.0',
    imagePullPolicy: 'IfNotPresent',
    command: [
      'kubectl',
      'wait',
      '--for=condition=complete',
      `--namespace=${spec.namespace}`,
      `--timeout=${spec.activeDeadlineSeconds}s`,
      `job/${target}`,
    ],
    resources: spec.resources,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

/** What lets the waiting init containers look at Jobs. */
export function waiterAccess(spec: JobSpec): Manifest[] {
  const name = dnsName(spec.name, 'wait');
  const metadata = { name, namespace: spec.namespace, labels: labels(spec) };
  const account = spec.serviceAccount === '' ? name : spec.serviceAccount;
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch'] }],
  };
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: spec.namespace }],
  };
  if (spec.serviceAccount !== '') return [role, binding];
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, role, binding];
}

/** Flux Kustomizations for chained Jobs, each of which waits until the Job before is complete. */
export function fluxKustomizations(spec: JobSpec, source: string, path: string): Manifest[] {
  return spec.steps.map((step, at) => {
    const previous = spec.steps[at - 1];
    return {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: dnsName(spec.name, step.name), namespace: spec.namespace, labels: labels(spec) },
      spec: {
        interval: '10m',
        timeout: `${spec.activeDeadlineSeconds}s`,
        prune: true,
        force: true,
        path: `${path.replace(/\/$/, '')}/${dnsName(step.name)}`,
        sourceRef: { kind: 'GitRepository', name: source },
        ...(previous === undefined ? {} : { dependsOn: [{ name: dnsName(spec.name, previous.name) }] }),
        healthChecks: [
          { apiVersion: 'batch/v1', kind: 'Job', name: jobName(spec, step.name), namespace: spec.namespace },
        ],
      },
    };
  });
}

/** A Deployment with the steps as init containers before its own. The Deployment given is not changed. */
export function withInitContainers(deployment: Manifest, spec: JobSpec): Manifest {
  const outer = deployment.spec as Manifest | undefined;
  const template = outer?.template as Manifest | undefined;
  const pod = template?.spec as Manifest | undefined;
  const steps = spec.steps.map((step) => container(spec, step));
  const own = Array.isArray(pod?.initContainers) ? (pod.initContainers as readonly Manifest[]) : [];
  const names = new Set(steps.map(({ name }) => name));
  return {
    ...deployment,
    spec: {
      ...outer,
      template: {
        ...template,
        spec: { ...pod, initContainers: [...steps, ...own.filter(({ name }) => !names.has(name))] },
      },
    },
  };
}
