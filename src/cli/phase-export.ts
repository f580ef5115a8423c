import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { isMap, toPlain } from '../core/value.ts';
import { parse, parseDocuments } from '../engines/goyaml/index.ts';
import {
  chainedJobs,
  cronJob,
  DEFAULT_SPEC,
  deploymentToJob,
  dnsName,
  dockerfile,
  type ExportedFiles,
  type ExportFormat,
  exportFiles,
  fluxKustomizations,
  hasFixedTag,
  type JobSpec,
  JobVersions,
  job,
  type Manifest,
  manifestStream,
  readJobSettings,
  waiterAccess,
  withInitContainers,
} from '../phases/jobs/index.ts';
import { declaredSteps, repositoryRootOr } from '../phases/pipeline/index.ts';
import type { Io } from './io.ts';
import { located } from './phase-options.ts';
import { VERSION } from './version.ts';

interface Options {
  readonly as: string;
  readonly format: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly version?: string;
  readonly schedule?: string;
  readonly timestamp?: boolean;
  readonly deployment?: string;
  readonly convert?: string;
  readonly config?: string;
  readonly wait: string;
  readonly source: string;
  readonly path: string;
  readonly out?: string;
  readonly save?: boolean;
  readonly versions: string;
  readonly listVersions?: boolean;
  readonly rollback?: string;
  readonly workspace?: string;
}

const KINDS = ['job', 'chained-jobs', 'init-container', 'cronjob'];
const FORMATS = ['plain', 'kustomization', 'chart', 'dockerfile'];

/** `flux-local phase export`: manifests for a phase or a bootstrap that has to run once in a cluster. */
export function exportCommand(io: Io): Command {
  return new Command('export')
    .description('Write Kubernetes manifests for a phase that has to run once in a cluster')
    .argument('[phase]', 'the phase', 'bootstrap')
    .option('--as <kind>', KINDS.join(', '), 'job')
    .option('--format <format>', FORMATS.join(', '), 'plain')
    .option('--name <name>', 'base of all names')
    .option('--namespace <namespace>', 'namespace of the objects')
    .option('--image <image>', 'image of the steps, with a tag or digest (--format dockerfile writes what builds one)')
    .option('--version <version>', 'part of the names')
    .option('--timestamp', 'end names in the time, not in a digest')
    .option('--schedule <cron>', 'when a CronJob runs')
    .option('--deployment <file>', 'the Deployment that gets the init containers')
    .option('--convert <file>', 'turn a bootstrap Deployment into a Job')
    .option('--config <file>', 'settings of the Job as YAML')
    .option('--wait <how>', 'how chained Jobs wait for each other: init or kustomization', 'init')
    .option('--source <name>', 'the GitRepository of Flux Kustomizations', 'flux-system')
    .option('--path <path>', 'where exported files are in that repository', './bootstrap')
    .option('--out <directory>', 'write files there in place of printing')
    .option('--save', 'keep the configuration as a version')
    .option('--versions <directory>', 'where versions are kept', 'bootstrap/versions')
    .option('--list-versions', 'list the versions that are kept')
    .option('--rollback <version>', 'take an earlier version up again')
    .option('--workspace <directory>', 'the workspace (default: the repository around the current directory)')
    .action((phase: string, options: Options) => {
      try {
        io.exitCode = run(phase, options, io);
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        io.stderr.write(`error: ${error.message}\n`);
        io.exitCode = error.exitCode;
      }
    });
}

class Wrong extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

function run(phase: string, options: Options, io: Io): number {
  if (!KINDS.includes(options.as)) throw new Wrong(`--as takes one of ${KINDS.join(', ')}`, 2);
  if (!FORMATS.includes(options.format)) throw new Wrong(`--format takes one of ${FORMATS.join(', ')}`, 2);
  if (options.format === 'dockerfile') {
    write(new Map([['Dockerfile', dockerfile(VERSION)]]), options, io);
    return 0;
  }
  const now = new Date().toISOString();
  let spec = specOf(phase, options, io, now);
  const versions = new JobVersions(resolve(io.cwd, options.versions), spec.name);
  if (options.listVersions === true) {
    for (const { number, at, digest, rollbackTo } of versions.list())
      io.stdout.write(`v${number}  ${at}  ${digest}${rollbackTo === undefined ? '' : `  (as v${rollbackTo})`}\n`);
    return 0;
  }
  if (options.rollback !== undefined) {
    const stored = versions.rollback(Number(options.rollback.replace(/^v/, '')), now);
    if (!stored.ok) throw new Wrong(`${stored.error.message} (${stored.error.hint ?? ''})`);
    spec = stored.value.spec;
  } else {
    if (options.convert === undefined) needImages(spec);
    if (spec.image !== '' && !hasFixedTag(spec.image))
      io.stderr.write(`note: the image ${spec.image} needs a fixed tag or a digest\n`);
    if (options.save === true) spec = versions.save(spec, now).spec;
  }
  const manifests =
    options.convert === undefined ? manifestsOf(spec, options, io) : converted(spec, options.convert, io);
  if (options.out === undefined && options.format === 'plain') io.stdout.write(manifestStream(manifests));
  else write(exportFiles(manifests, options.format as ExportFormat, spec), options, io);
  return 0;
}

/** A step without an image would be refused by the cluster, which is late. */
function needImages(spec: JobSpec): void {
  const nameless = spec.steps.find(({ image }) => image === undefined);
  if (spec.image !== '' || nameless === undefined) return;
  const how = 'give one with --image, or as `image` in --config';
  const where = '`flux-local phase export --format dockerfile` writes a Dockerfile for one';
  throw new Wrong(`the step ${nameless.name} has no image: ${how}; ${where}`, 2);
}

/** Files below `--out`, or printed: one as it is, several each behind its name. */
function write(files: ExportedFiles, options: Options, io: Io): void {
  for (const [path, text] of files) {
    if (options.out === undefined) {
      io.stdout.write(files.size === 1 ? text : `# ${path}\n${text}`);
      continue;
    }
    const target = join(resolve(io.cwd, options.out), path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    io.stderr.write(`wrote ${join(options.out, path)}\n`);
  }
}

function manifestsOf(spec: JobSpec, options: Options, io: Io): Manifest[] {
  switch (options.as) {
    case 'cronjob':
      return [cronJob(spec)];
    case 'init-container': {
      if (options.deployment === undefined) throw new Wrong('--as init-container needs --deployment FILE', 2);
      return [withInitContainers(readObject(options.deployment, io), spec)];
    }
    case 'chained-jobs':
      if (options.wait === 'kustomization')
        return [...chainedJobs(spec, 'none'), ...fluxKustomizations(spec, options.source, options.path)];
      return [...waiterAccess(spec), ...chainedJobs(withAccount(spec), 'init')];
    default:
      return [job(spec)];
  }
}

const withAccount = (spec: JobSpec): JobSpec =>
  spec.serviceAccount === '' ? { ...spec, serviceAccount: dnsName(spec.name, 'wait') } : spec;

function converted(spec: JobSpec, file: string, io: Io): Manifest[] {
  const done = deploymentToJob(readObject(file, io), spec);
  if (!done.ok) throw new Wrong(done.error.message);
  for (const note of done.value.notes) io.stderr.write(`note: ${note}\n`);
  return [done.value.job];
}

function readObject(file: string, io: Io): Manifest {
  const { documents, error } = parseDocuments(readText(file, io));
  if (error !== undefined) throw new Wrong(`${file}: ${error.message}`);
  const found = documents.find(
    ({ value }) => isMap(value) && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(String(value.get('kind'))),
  );
  if (found === undefined) throw new Wrong(`${file} has no Deployment`);
  return toPlain(found.value) as Manifest;
}

function readText(file: string, io: Io): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch {
    throw new Wrong(`${file} cannot be read`);
  }
}

function specOf(phase: string, options: Options, io: Io, now: string): JobSpec {
  const workspace = options.workspace === undefined ? repositoryRootOr(io.cwd) : resolve(io.cwd, options.workspace);
  const steps = declaredSteps(workspace, phase);
  if (!steps.ok) throw new Wrong(located(steps.error));
  const given = options.config === undefined ? {} : configOf(options.config, io);
  const flags: Partial<JobSpec> = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
    ...(options.timestamp === true ? { timestamp: now.replace(/[-:]|\.\d+/g, '').toLowerCase() } : {}),
  };
  const checked = readJobSettings(flags);
  if (!checked.ok) throw new Wrong(checked.error.message, 2);
  return { ...DEFAULT_SPEC, name: phase, steps: steps.value, ...given, ...flags };
}

function configOf(file: string, io: Io): Partial<JobSpec> {
  const data = parse(readText(file, io));
  if (!data.ok) throw new Wrong(`${file}: ${data.error.message}`);
  if (!isMap(data.value)) throw new Wrong(`${file} is not a mapping`);
  const read = readJobSettings(toPlain(data.value) as Record<string, unknown>);
  if (!read.ok) throw new Wrong(`${file}: ${read.error.message}`);
  return read.value;
}
