import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import { type HelmVersion, parseKubeVersion, quoteGo } from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import type { ParsedFlags } from './pflag.ts';
import { systemError } from './system-error.ts';
import type { TemplateLine } from './template-line.ts';
import { NO_CLUSTER } from './template-render.ts';

// As Go's ParseBool reads them, and `none`.
const YES = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const NO = ['0', 'f', 'F', 'FALSE', 'false', 'False', 'none'];

export const isTrue = (text: string): boolean => YES.includes(text);

/** What helm looks at before it looks for the chart. */
export function checkFlags(
  { flags, helmVersion }: TemplateLine,
  warn: (message: string) => unknown,
  io: Io,
): Result<null, string> {
  const colour = flags.text('colour') ?? flags.text('color') ?? 'auto';
  if (!['never', 'auto', 'always'].includes(colour))
    return fail(`invalid color mode ${quoteGo(colour)}: must be one of: never, auto, always`);
  const wait = flags.text('wait');
  if (helmVersion === '4' && (wait === 'true' || wait === 'false'))
    warn(
      `--wait=${wait} is deprecated (boolean value) and can be replaced with --wait=${wait === 'true' ? 'watcher' : 'hookOnly'}`,
    );
  if (flags.operands.length === 0)
    return fail('"helm template" requires at least 1 argument\n\nUsage:  helm template [NAME] [CHART] [flags]');
  const kubeVersion = flags.text('kube-version');
  if (kubeVersion) {
    const parsed = parseKubeVersion(kubeVersion, helmVersion);
    if (!parsed.ok) return fail(`invalid kube version '${kubeVersion}': ${parsed.error}`);
  }
  const registry = registryProblem(flags, helmVersion, io);
  if (registry !== undefined) return fail(`missing registry client: can't create TLS config for client: ${registry}`);
  if (helmVersion === '3') return ok(null);
  const dryRun = flags.text('dry-run') ?? 'client';
  if (dryRun === 'unset') warn("--dry-run is deprecated and should be replaced with '--dry-run=client'");
  else if (isTrue(dryRun))
    warn(`boolean '--dry-run=${dryRun}' flag is deprecated and must be replaced with '--dry-run=client'`);
  else if (NO.includes(dryRun)) return fail(`invalid dry-run value (${quoteGo(dryRun)}). Must be "server" or "client"`);
  else if (dryRun !== 'client' && dryRun !== 'server')
    return fail(`invalid dry-run value (${quoteGo(dryRun)}). Must be "none", "server", or "client"`);
  return ok(null);
}

/** Helm makes a client for registries first, whether or not it will ask one. @see Helm internal/tlsutil/tls.go */
function registryProblem(flags: ParsedFlags, helmVersion: HelmVersion, io: Io): string | undefined {
  const problem = (file: string): string | undefined => {
    try {
      accessSync(resolve(io.cwd, file), constants.R_OK);
      return undefined;
    } catch (error) {
      return systemError(error, `open ${file}`);
    }
  };
  const [authority, certificate, key] = ['ca-file', 'cert-file', 'key-file'].map((name) => flags.text(name) ?? '') as [
    string,
    string,
    string,
  ];
  if (certificate !== '' && key !== '') {
    const why = problem(certificate) ?? problem(key);
    if (why !== undefined)
      return helmVersion === '3'
        ? `can't load key pair from cert ${certificate} and key ${key}: ${why}`
        : `unable to load cert from key pair: ${why}`;
  }
  const why = authority === '' ? undefined : problem(authority);
  if (why === undefined) return undefined;
  return `can't read CA file: ${helmVersion === '3' ? authority : `${quoteGo(authority)}: ${why}`}`;
}

/**
 * @returns whether `lookup` would ask a cluster. Helm 3 asks for nothing else under `--dry-run=server`.
 */
export function checkDryRun(flags: ParsedFlags, helmVersion: HelmVersion): Result<boolean, string> {
  const dryRun = flags.text('dry-run') || 'true';
  if (helmVersion === '4')
    return flags.is('validate') || dryRun === 'server'
      ? fail(`cluster reachability check failed: kubernetes cluster unreachable: ${NO_CLUSTER}`)
      : ok(false);
  if (!['false', 'true', 'none', 'client', 'server'].includes(dryRun))
    return fail('Invalid dry-run flag. Flag must one of the following: false, true, none, client, server');
  if (flags.is('validate')) return fail(`Kubernetes cluster unreachable: ${NO_CLUSTER}`);
  return ok(dryRun === 'server' || dryRun === 'none' || dryRun === 'false');
}
