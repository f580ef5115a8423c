import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { phaseCommand } from '../../src/cli/phase.ts';
import { toPlain } from '../../src/core/value.ts';
import { parseDocuments } from '../../src/engines/goyaml/index.ts';
import { RULES } from '../../src/phases/jobs/index.ts';
import { recordedIo } from '../recorded-io.ts';
import { ENVIRONMENT, workspace } from './workspace.ts';

async function cli(directory: string, ...args: string[]) {
  const { io, ran } = recordedIo(directory, ENVIRONMENT);
  const [name, ...rest] = args;
  await (name === 'check' ? checkCommand(io) : phaseCommand(io)).parseAsync(rest, { from: 'user' });
  return ran();
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into manifests freely
const objects = (text: string): any[] => parseDocuments(text).documents.map(({ value }) => toPlain(value));

const PHASES = {
  'flux-local.yaml': `phases:
  seed:
    steps: ['echo one', 'echo two', {task: load, vars: {SET: 'a b'}}]
`,
  '.git/HEAD': '',
};

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: db-migrate
  namespace: apps
spec:
  replicas: 2
  selector: {matchLabels: {app: db-migrate}}
  template:
    metadata: {labels: {app: db-migrate}}
    spec:
      containers:
        - name: migrate
          image: example/migrate
          command: [migrate, up]
          ports: [{containerPort: 80}]
          livenessProbe: {httpGet: {path: /, port: 80}}
`;

const EXPORT = ['phase', 'export', 'seed', '--image', 'busybox:1.37'];

describe('phase export', () => {
  test('a Job runs all steps, with limits, retries, a deadline and a time to live', async () => {
    const directory = workspace(PHASES);
    const [job] = objects((await cli(directory, ...EXPORT)).stdout);
    expect(job).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: { backoffLimit: 3, activeDeadlineSeconds: 900, ttlSecondsAfterFinished: 86400 },
    });
    expect(job.metadata.name).toMatch(/^seed-v1-[0-9a-f]{8}$/);
    const pod = job.spec.template.spec;
    expect(pod.restartPolicy).toBe('Never');
    expect(pod.initContainers.map((one: { command: string[] }) => one.command.at(-1))).toEqual([
      'echo one',
      'echo two',
    ]);
    expect(pod.containers[0].command.at(-1)).toBe("flux-local run load 'SET=a b'");
  });

  test('the same configuration has the same name, another one another', async () => {
    const directory = workspace(PHASES);
    const name = async (...args: string[]) =>
      objects((await cli(directory, ...EXPORT, ...args)).stdout)[0].metadata.name;
    expect(await name()).toBe(await name());
    expect(await name('--image', 'busybox:1.36')).not.toBe(await name());
    expect(await name('--timestamp')).toMatch(/^seed-v1-\d{8}t\d{6}z$/);
  });

  test('chained Jobs wait for each other in init containers, or as Flux Kustomizations', async () => {
    const directory = workspace(PHASES);
    const chained = objects((await cli(directory, ...EXPORT, '--as', 'chained-jobs')).stdout);
    const jobs = chained.filter(({ kind }) => kind === 'Job');
    expect(jobs).toHaveLength(3);
    expect(jobs[1].spec.template.spec.initContainers[0].command.at(-1)).toBe(`job/${jobs[0].metadata.name}`);
    expect(chained.map(({ kind }) => kind).slice(0, 3)).toEqual(['ServiceAccount', 'Role', 'RoleBinding']);
    const flux = objects((await cli(directory, ...EXPORT, '--as', 'chained-jobs', '--wait', 'kustomization')).stdout);
    const kustomizations = flux.filter(({ kind }) => kind === 'Kustomization');
    expect(kustomizations[2].spec.dependsOn).toEqual([{ name: kustomizations[1].metadata.name }]);
    expect(kustomizations[0].spec.healthChecks[0].name).toBe(flux[0].metadata.name);
  });

  test('init containers are put before those of a Deployment', async () => {
    const directory = workspace({ ...PHASES, 'd.yaml': DEPLOYMENT });
    const ran = await cli(directory, ...EXPORT, '--as', 'init-container', '--deployment', 'd.yaml');
    const [deployment] = objects(ran.stdout);
    expect(deployment.spec.template.spec.initContainers).toHaveLength(3);
    expect(deployment.spec.template.spec.containers[0].name).toBe('migrate');
  });

  test('a CronJob does not overlap', async () => {
    const directory = workspace(PHASES);
    const [cron] = objects((await cli(directory, ...EXPORT, '--as', 'cronjob', '--schedule', '0 1 * * 0')).stdout);
    expect(cron.spec).toMatchObject({ schedule: '0 1 * * 0', concurrencyPolicy: 'Forbid' });
    expect(cron.metadata.name.length).toBeLessThanOrEqual(52);
  });

  test('every export passes all rules of check', async () => {
    const directory = workspace({ ...PHASES, 'd.yaml': DEPLOYMENT.replace('example/migrate', 'example/migrate:1.2') });
    for (const args of [
      [],
      ['--as', 'chained-jobs'],
      ['--as', 'cronjob'],
      ['--convert', 'd.yaml'],
      ['--as', 'chained-jobs', '--wait', 'kustomization'],
    ]) {
      const { stdout } = await cli(directory, ...EXPORT, ...args);
      writeFileSync(join(directory, 'out.yaml'), stdout);
      expect((await cli(directory, 'check', 'out.yaml', '--strict')).stdout).toMatch(/^0 errors, 0 warnings/);
    }
  });

  test('a kustomization names its files, a chart has values', async () => {
    const directory = workspace(PHASES);
    await cli(directory, ...EXPORT, '--format', 'kustomization', '--out', 'k');
    const [kustomization] = objects(readFileSync(join(directory, 'k/kustomization.yaml'), 'utf8'));
    expect(kustomization.resources[0]).toMatch(/^job-seed-v1-/);
    await cli(directory, ...EXPORT, '--format', 'chart', '--out', 'c', '--name', 'seed');
    expect(readFileSync(join(directory, 'c/Chart.yaml'), 'utf8')).toContain('version: 1.0.0');
    const template = readFileSync(join(directory, 'c/templates', kustomization.resources[0]), 'utf8');
    expect(template).toContain('backoffLimit: {{ .Values.backoffLimit }}');
    expect(template).toContain('{{- toYaml .Values.resources | nindent');
  });

  test('settings that cannot be are refused by name', async () => {
    const directory = workspace({ ...PHASES, 'a.yaml': 'backoffLimit: x\n', 'b.yaml': 'retries: 3\n' });
    const told = async (...args: string[]) => (await cli(directory, ...EXPORT, ...args)).stderr;
    expect(await told('--config', 'a.yaml')).toBe('error: a.yaml: backoffLimit is not a whole number\n');
    expect(await told('--config', 'b.yaml')).toContain('b.yaml: there is no setting retries (name, namespace');
    expect(await told('--as', 'cronjob', '--schedule', 'often')).toContain('schedule is not five fields of cron');
    expect(await told('--image', 'busybox')).toBe('note: the image busybox needs a fixed tag or a digest\n');
  });

  test('steps without an image are refused, with the way to one', async () => {
    const directory = workspace({ ...PHASES, 'image.yaml': 'image: busybox:1.37\n' });
    const refused = await cli(directory, 'phase', 'export', 'seed', '--save');
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--format dockerfile') });
    expect(existsSync(join(directory, 'bootstrap'))).toBe(false);
    expect((await cli(directory, 'phase', 'export', 'seed', '--config', 'image.yaml')).code).toBe(0);
    const { stdout, code } = await cli(directory, 'phase', 'export', '--format', 'dockerfile');
    expect({ code, lines: stdout.split('\n').filter((line) => /^(?:FROM|USER|WORKDIR) /.test(line)) }).toEqual({
      code: 0,
      lines: ['FROM node:22-bookworm-slim', 'WORKDIR /workspace', 'USER 1000'],
    });
  });

  test('a Deployment becomes a Job', async () => {
    const directory = workspace({ ...PHASES, 'd.yaml': DEPLOYMENT });
    const ran = await cli(directory, 'phase', 'export', '--convert', 'd.yaml');
    const [job] = objects(ran.stdout);
    expect(job.metadata).toMatchObject({
      namespace: 'apps',
      name: expect.stringMatching(/^db-migrate-v1-[0-9a-f]{8}$/),
    });
    const [container] = job.spec.template.spec.containers;
    expect(container).toMatchObject({ command: ['migrate', 'up'], resources: { limits: { cpu: '500m' } } });
    expect(container.livenessProbe ?? container.ports).toBeUndefined();
    expect(ran.stderr).toContain('note: the image example/migrate needs a fixed tag');
    expect(ran.stderr).toContain('note: 2 replicas became one run');
  });

  test('configurations are kept as versions, and an earlier one is taken up again', async () => {
    const directory = workspace({ ...PHASES, 'one.yaml': 'backoffLimit: 1\n', 'two.yaml': 'backoffLimit: 2\n' });
    const save = (file: string) => cli(directory, ...EXPORT, '--config', file, '--save');
    expect(objects((await save('one.yaml')).stdout)[0].metadata.name).toMatch(/^seed-v1-/);
    expect(objects((await save('two.yaml')).stdout)[0].metadata.name).toMatch(/^seed-v2-/);
    await save('two.yaml');
    const [back] = objects((await cli(directory, ...EXPORT, '--rollback', '1')).stdout);
    expect(back.spec.backoffLimit).toBe(1);
    expect(back.metadata.name).toMatch(/^seed-v3-/);
    const versions = (await cli(directory, ...EXPORT, '--list-versions')).stdout.trim().split('\n');
    expect(versions).toHaveLength(3);
    expect(versions[2]).toContain('(as v1)');
  });
});

describe('check', () => {
  const BAD = `apiVersion: batch/v1
kind: Job
metadata:
  generateName: load-
spec:
  template:
    spec:
      containers:
        - name: load
          image: example/load:latest
---
apiVersion: batch/v1
kind: Job
metadata:
  name: load
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: load, image: example/load}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers: [{name: db-migrate, image: example/other:1}]
      containers: [{name: web, image: example/web}]
---
${DEPLOYMENT}`;

  test('there are ten rules, and each finds what it is for', async () => {
    const directory = workspace({ 'bad.yaml': BAD });
    const found = JSON.parse((await cli(directory, 'check', 'bad.yaml', '-o', 'json')).stdout) as { rule: string }[];
    expect(RULES).toHaveLength(10);
    expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(RULES.map(({ id }) => id)));
  });

  test('findings have a place, a severity and a fix', async () => {
    const directory = workspace({ 'bad.yaml': BAD });
    const ran = await cli(directory, 'check', 'bad.yaml');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(
      'bad.yaml:10:11: error latest-tag: Job/load-: the image example/load:latest has the tag latest. ',
    );
    expect(ran.stdout).toContain('bad.yaml:4:3: error not-idempotent-name: ');
    expect(ran.stdout).toContain('error run-once-as-deployment: Deployment/apps/db-migrate');
  });

  test('a rule is ignored by flag, annotation and comment', async () => {
    const job = (extra: string, comment: string): string => `apiVersion: batch/v1
kind: Job
metadata:
  name: load-v1
${extra}spec:
  backoffLimit: 1
  ttlSecondsAfterFinished: 60
  activeDeadlineSeconds: 60
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: load
          ${comment === '' ? '' : `${comment}\n          `}image: example/load:latest
          terminationMessagePolicy: FallbackToLogsOnError
          resources: {limits: {cpu: 1, memory: 1Gi}}
`;
    const codes = async (text: string, ...args: string[]) =>
      (await cli(workspace({ 'j.yaml': text }), 'check', 'j.yaml', ...args)).code;
    expect(await codes(job('', ''))).toBe(1);
    expect(await codes(job('', ''), '--ignore', 'latest-tag')).toBe(0);
    expect(await codes(job('  annotations: {flux-local.io/ignore: latest-tag}\n', ''))).toBe(0);
    expect(await codes(job('', '# flux-local: ignore latest-tag'))).toBe(0);
    expect(await codes(job('', ''), '--ignore', 'no-such-rule')).toBe(2);
  });
});
