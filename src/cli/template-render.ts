import { fail, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { type Chart, type Rendered, type RenderFailure, renderChart } from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import type { ParsedFlags } from './pflag.ts';
import type { TemplateLine } from './template-line.ts';

/** Why what asks a cluster is refused. */
export const NO_CLUSTER = 'charts are rendered without a cluster here';

const SYSTEM_LABELS = ['name', 'owner', 'status', 'version', 'createdAt', 'modifiedAt'];

/** Renders, and once more for each address that `getHostByName` had to be found first. */
export async function renderWithFlags(
  chart: Chart,
  values: YamlMap,
  release: { readonly name: string; readonly namespace: string },
  { flags, helmVersion }: TemplateLine,
  asksCluster: boolean,
  io: Io,
): Promise<Result<Rendered, RenderFailure>> {
  const addresses = new Map<string, string | undefined>();
  for (;;) {
    const unknown = new Set<string>();
    let asked = false;
    const lines: string[] = [];
    const rendered = renderChart(chart, values, {
      release: { ...release, isUpgrade: flags.is('is-upgrade') },
      kubeVersion: flags.text('kube-version') || undefined,
      apiVersions: flags.all('api-versions'),
      helmVersion,
      skipSchemaValidation: flags.is('skip-schema-validation'),
      includeCrds: flags.is('include-crds'),
      seed: flags.is('real') ? false : undefined,
      log: (line) => lines.push(line),
      ...(asksCluster
        ? {
            lookup: () => {
              asked = true;
              return undefined;
            },
          }
        : {}),
      ...(flags.is('enable-dns')
        ? {
            resolveHost: (host: string) => {
              if (!addresses.has(host)) unknown.add(host);
              return addresses.has(host) ? addresses.get(host) : '';
            },
          }
        : {}),
    });
    if (unknown.size > 0) {
      const { lookup } = await import('node:dns/promises');
      for (const host of unknown)
        addresses.set(
          host,
          await lookup(host).then(
            ({ address }) => address,
            () => undefined,
          ),
        );
      continue;
    }
    for (const line of lines) io.stderr.write(`${line}\n`);
    if (asked)
      return fail({ reason: 'template-failed', message: `a template calls lookup: ${NO_CLUSTER}`, hasRelease: true });
    // What helm holds against its store comes once values are fine.
    if ((rendered.ok || rendered.error.hasRelease === true) && reservedLabel(flags))
      return fail({
        reason: 'values-failed',
        message: `user supplied labels contains system reserved label name. System labels: [${SYSTEM_LABELS.join(' ')}]`,
      });
    return rendered;
  }
}

const reservedLabel = (flags: ParsedFlags): boolean =>
  flags.all('labels').some((pair) => SYSTEM_LABELS.includes(pair.slice(0, pair.indexOf('='))));
