import { isList, isMap, type YamlMap, type YamlValue } from '../../core/value.ts';
import { locateIn, parseDocuments, parseNodes, type YamlNode } from '../../engines/goyaml/index.ts';
import { DOMAIN } from './manifests.ts';

export type Severity = 'error' | 'warning';

/** One practice. `find` gives what is wrong in an object: a path in it and words. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly fix: string;
  find(object: CheckedObject, all: readonly CheckedObject[]): readonly Problem[];
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A finding, with its place. `line` and `column` are 1-based. */
export interface CheckFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly object: string;
  readonly message: string;
  readonly fix: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CheckOptions {
  /** Ids of rules that are not asked. */
  readonly ignore: ReadonlySet<string>;
}

/** An object with a pod, and where its parts are. */
export interface CheckedObject {
  readonly file: string;
  readonly value: YamlMap;
  readonly node: YamlNode;
  readonly kind: string;
  readonly name: string;
  readonly pod: YamlMap | undefined;
  /** The path of the pod's spec. */
  readonly podPath: readonly (string | number)[];
  /** The spec of the Job, of a Job or CronJob. */
  readonly job: YamlMap | undefined;
  readonly jobPath: readonly (string | number)[];
  readonly lines: readonly string[];
}

const POD_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Job', ['spec', 'template', 'spec']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
  ['Deployment', ['spec', 'template', 'spec']],
  ['StatefulSet', ['spec', 'template', 'spec']],
  ['DaemonSet', ['spec', 'template', 'spec']],
]);

const JOB_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Job', ['spec']],
  ['CronJob', ['spec', 'jobTemplate', 'spec']],
]);

/** Words that tell of work that is done once. */
const RUN_ONCE =
  /(?:^|[^a-z])(?:bootstrap(?:per)?|migrat(?:e|ions?|or)|db-?init|init-?db|initiali[sz]er?|seed(?:er)?|setup|provision(?:er)?|installer|one-?shot|run-?once)(?:$|[^a-z])/i;

const at = (value: YamlValue | undefined, path: readonly string[]): YamlValue | undefined => {
  let here: YamlValue | undefined = value;
  for (const key of path) here = isMap(here) ? here.get(key) : undefined;
  return here;
};

const isJob = (object: CheckedObject): boolean => object.job !== undefined;

function containersOf(object: CheckedObject): { container: YamlMap; path: readonly (string | number)[] }[] {
  const found: { container: YamlMap; path: readonly (string | number)[] }[] = [];
  for (const key of ['initContainers', 'containers']) {
    const list = object.pod?.get(key);
    if (!isList(list)) continue;
    for (const [index, container] of list.entries())
      if (isMap(container)) found.push({ container, path: [...object.podPath, key, index] });
  }
  return found;
}

const imageOf = (container: YamlMap): string => {
  const image = container.get('image');
  return typeof image === 'string' ? image : '';
};

/** `registry/repository` of an image. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');

/** Whether the object is a long-running one that, by its words, does work of one run. */
function runsOnce(object: CheckedObject): boolean {
  if (isJob(object) || object.pod === undefined) return false;
  const main = object.pod.get('containers');
  const words = [object.name];
  if (isList(main))
    for (const container of main)
      if (isMap(container)) {
        words.push(repositoryOf(imageOf(container)).split('/').at(-1) ?? '', String(container.get('name') ?? ''));
        for (const key of ['command', 'args']) {
          const list = container.get(key);
          if (isList(list)) words.push(...list.map(String));
        }
      }
  return words.some((word) => RUN_ONCE.test(word));
}

const annotation = (object: CheckedObject, name: string): string => {
  for (const path of [
    ['metadata', 'annotations'],
    ['spec', 'template', 'metadata', 'annotations'],
  ]) {
    const value = at(object.value, [...path, name]);
    if (typeof value === 'string') return value;
  }
  return '';
};

/** The ten practices. */
export const RULES: readonly Rule[] = [
  {
    id: 'run-once-as-deployment',
    severity: 'error',
    summary: 'Work that is done once runs as a Deployment, which starts it again and again.',
    fix: 'Make it a Job: `flux-local phase export --convert FILE`.',
    find: (object) =>
      runsOnce(object) ? [{ path: ['kind'], message: `${object.kind} ${object.name} does the work of one run` }] : [],
  },
  {
    id: 'no-resource-limits',
    severity: 'warning',
    summary: 'A container without limits can starve its node.',
    fix: 'Set resources.limits.cpu and resources.limits.memory.',
    find: (object) =>
      isJob(object) || runsOnce(object)
        ? containersOf(object).flatMap(({ container, path }) => {
            const missing = ['cpu', 'memory'].filter(
              (name) => at(container, ['resources', 'limits', name]) === undefined,
            );
            if (missing.length === 0) return [];
            return [
              {
                path: [...path, 'resources', 'limits'],
                message: `container ${String(container.get('name'))} has no limit of ${missing.join(' and ')}`,
              },
            ];
          })
        : [],
  },
  {
    id: 'no-retry-policy',
    severity: 'warning',
    summary: 'How often a failed run is tried again is left to the default.',
    fix: 'Set backoffLimit, and restartPolicy to Never or OnFailure.',
    find: (object) => {
      const problems: Problem[] = [];
      if (object.job === undefined) return problems;
      if (object.job.get('backoffLimit') === undefined)
        problems.push({ path: object.jobPath, message: 'backoffLimit is not set' });
      const policy = object.pod?.get('restartPolicy');
      if (policy !== 'Never' && policy !== 'OnFailure')
        problems.push({
          path: [...object.podPath, 'restartPolicy'],
          message: 'restartPolicy is neither Never nor OnFailure',
        });
      return problems;
    },
  },
  {
    id: 'no-ttl',
    severity: 'warning',
    summary: 'Finished Jobs stay for good.',
    fix: 'Set ttlSecondsAfterFinished.',
    find: (object) =>
      object.job !== undefined && object.job.get('ttlSecondsAfterFinished') === undefined && !hasHistoryLimits(object)
        ? [{ path: object.jobPath, message: 'ttlSecondsAfterFinished is not set' }]
        : [],
  },
  {
    id: 'latest-tag',
    severity: 'error',
    summary: 'An image without a fixed tag is another one tomorrow.',
    fix: 'Name a version or a digest.',
    find: (object) =>
      isJob(object) || runsOnce(object)
        ? containersOf(object).flatMap(({ container, path }) => {
            const image = imageOf(container);
            if (image === '' || image.includes('@')) return [];
            const tag = /:([^/:]+)$/.exec(image)?.[1];
            if (tag !== undefined && tag !== 'latest') return [];
            return [
              {
                path: [...path, 'image'],
                message: `the image ${image} has ${tag === undefined ? 'no tag' : 'the tag latest'}`,
              },
            ];
          })
        : [],
  },
  {
    id: 'unversioned-name',
    severity: 'warning',
    summary: 'A Job cannot be changed: under the same name, a new version of it is refused.',
    fix: 'End the name in a version, a timestamp or a digest.',
    find: (object) =>
      object.kind === 'Job' && object.name !== '' && !/(?:v?\d+(?:[.-]\d+)*|[0-9a-f]{6,})$/i.test(object.name)
        ? [{ path: ['metadata', 'name'], message: `the name ${object.name} has neither version nor timestamp` }]
        : [],
  },
  {
    id: 'no-deadline',
    severity: 'warning',
    summary: 'Nothing ends a run that hangs.',
    fix: 'Set activeDeadlineSeconds on a Job, a liveness or startup probe on what runs on.',
    find: (object) => {
      if (object.job !== undefined)
        return object.job.get('activeDeadlineSeconds') === undefined &&
          object.pod?.get('activeDeadlineSeconds') === undefined
          ? [{ path: object.jobPath, message: 'activeDeadlineSeconds is not set' }]
          : [];
      if (!runsOnce(object)) return [];
      const probed = containersOf(object).some(
        ({ container }) => container.has('livenessProbe') || container.has('startupProbe'),
      );
      return probed ? [] : [{ path: object.podPath, message: 'there is neither a deadline nor a probe' }];
    },
  },
  {
    id: 'no-record',
    severity: 'warning',
    summary: 'What a run did is gone with its pod.',
    fix: `Set terminationMessagePolicy: FallbackToLogsOnError, or say where it is kept in the annotation ${DOMAIN}/records.`,
    find: (object) => {
      if (!(isJob(object) || runsOnce(object)) || annotation(object, `${DOMAIN}/records`) !== '') return [];
      const recorded = containersOf(object).some(
        ({ container }) => container.get('terminationMessagePolicy') === 'FallbackToLogsOnError',
      );
      return recorded ? [] : [{ path: object.podPath, message: 'no record is kept of what it did' }];
    },
  },
  {
    id: 'not-idempotent-name',
    severity: 'error',
    summary: 'A generated name makes another Job each time the same manifest is applied.',
    fix: 'Use metadata.name with a digest of the content in place of generateName.',
    find: (object) =>
      isJob(object) && at(object.value, ['metadata', 'generateName']) !== undefined
        ? [{ path: ['metadata', 'generateName'], message: 'generateName is set' }]
        : [],
  },
  {
    id: 'not-standalone',
    severity: 'warning',
    summary: 'Work of one run sits inside of something that runs on, and cannot be run by itself.',
    fix: 'Give it a Job of its own; let the init container wait for that.',
    find: (object, all) => {
      if (isJob(object) || object.pod === undefined) return [];
      const jobImages = new Set(
        all
          .filter(isJob)
          .flatMap((other) => containersOf(other).map(({ container }) => repositoryOf(imageOf(container)))),
      );
      const init = object.pod.get('initContainers');
      if (!isList(init)) return [];
      return init.flatMap((container, index) => {
        if (!isMap(container)) return [];
        const name = String(container.get('name') ?? '');
        const image = imageOf(container);
        if (!RUN_ONCE.test(name) && !RUN_ONCE.test(repositoryOf(image).split('/').at(-1) ?? '')) return [];
        if (jobImages.has(repositoryOf(image))) return [];
        return [
          {
            path: [...object.podPath, 'initContainers', index],
            message: `the init container ${name} can only run with its ${object.kind}`,
          },
        ];
      });
    },
  },
];

function hasHistoryLimits(object: CheckedObject): boolean {
  return (
    object.kind === 'CronJob' &&
    at(object.value, ['spec', 'successfulJobsHistoryLimit']) !== undefined &&
    at(object.value, ['spec', 'failedJobsHistoryLimit']) !== undefined
  );
}

/** The objects of a text that have pods. Texts that are no YAML (templates) give what stands before the problem. */
export function readObjects(file: string, text: string): CheckedObject[] {
  const { documents } = parseNodes(text);
  const values = parseDocuments(text).documents;
  const lines = text.split('\n');
  return documents.flatMap((document, index) => {
    const value = values[index]?.value;
    if (!isMap(value)) return [];
    const kind = String(value.get('kind') ?? '');
    const podPath = POD_PATHS.get(kind);
    if (podPath === undefined) return [];
    const pod = at(value, podPath);
    const jobPath = JOB_PATHS.get(kind) ?? [];
    const job = jobPath.length === 0 ? undefined : at(value, jobPath);
    const name = at(value, ['metadata', 'name']) ?? at(value, ['metadata', 'generateName']) ?? '';
    return [
      {
        file,
        value,
        node: document.root,
        kind,
        name: String(name),
        pod: isMap(pod) ? pod : undefined,
        podPath,
        job: isMap(job) ? job : undefined,
        jobPath,
        lines,
      },
    ];
  });
}

/** What the rules find in objects, in the order of the text. */
export function checkObjects(objects: readonly CheckedObject[], options: CheckOptions): CheckFinding[] {
  const findings: CheckFinding[] = [];
  for (const object of objects) {
    const ignored = ignoredBy(object);
    for (const rule of RULES) {
      if (options.ignore.has(rule.id) || ignored.has(rule.id) || ignored.has('all')) continue;
      for (const problem of rule.find(object, objects)) {
        const place = locateIn(object.node, problem.path);
        if (hasIgnoringComment(object.lines, place.line, rule.id)) continue;
        findings.push({
          rule: rule.id,
          severity: rule.severity,
          object: `${object.kind}/${String(at(object.value, ['metadata', 'namespace']) ?? '')}${at(object.value, ['metadata', 'namespace']) === undefined ? '' : '/'}${object.name}`,
          message: problem.message,
          fix: rule.fix,
          file: object.file,
          line: place.line,
          column: place.column,
        });
      }
    }
  }
  return findings.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
}

/** The findings of one text by itself. */
export const checkText = (file: string, text: string, options: CheckOptions): CheckFinding[] =>
  checkObjects(readObjects(file, text), options);

/** `flux-local.io/ignore: rule, rule` on an object. */
function ignoredBy(object: CheckedObject): ReadonlySet<string> {
  return new Set(
    annotation(object, `${DOMAIN}/ignore`)
      .split(/[,\s]+/)
      .filter((word) => word !== ''),
  );
}

/** `# flux-local: ignore rule` on the line of a finding, or on the line above. */
function hasIgnoringComment(lines: readonly string[], line: number, rule: string): boolean {
  for (const text of [lines[line - 1], lines[line - 2]]) {
    const match = /#\s*flux-local:\s*ignore\s+(.*)$/.exec(text ?? '');
    if (match === null) continue;
    if (text === lines[line - 2] && !/^\s*#/.test(text ?? '')) continue;
    const words = (match[1] ?? '').split(/[,\s]+/);
    if (words.includes(rule) || words.includes('all')) return true;
  }
  return false;
}
