import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { getIn, isMap, type YamlValue } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';
import type { Io } from './io.ts';

/**
 * The namespace that helm takes where no flag names one: that of the kubeconfig's context, else `default`. Of several kubeconfigs the
 * first that says a thing counts.
 * @param settings.kubeconfig `--kubeconfig`; else KUBECONFIG, else `~/.kube/config`
 * @param settings.context `--kube-context`; else HELM_KUBECONTEXT, else the current one
 * @see Helm pkg/cli/environment.go, Namespace; k8s.io/client-go tools/clientcmd
 */
export function kubeNamespace(
  settings: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined },
  io: Io,
): string {
  const files =
    settings.kubeconfig !== undefined && settings.kubeconfig !== ''
      ? [settings.kubeconfig]
      : (io.env.KUBECONFIG ?? '') !== ''
        ? io.env.KUBECONFIG!.split(delimiter)
        : [join(io.env.HOME ?? homedir(), '.kube/config')];
  const configs = files.flatMap((file): YamlValue[] => {
    try {
      const parsed = parse(readFileSync(resolve(io.cwd, file), 'utf8'));
      return parsed.ok ? [parsed.value] : [];
    } catch {
      return [];
    }
  });
  const context =
    settings.context ||
    io.env.HELM_KUBECONTEXT ||
    configs.map((config) => getIn(config, 'current-context')).find((name) => typeof name === 'string' && name !== '');
  for (const config of configs) {
    const contexts = getIn(config, 'contexts');
    const found = (Array.isArray(contexts) ? contexts : []).find((one) => isMap(one) && one.get('name') === context);
    const namespace = found === undefined ? undefined : getIn(found, 'context', 'namespace');
    if (typeof namespace === 'string' && namespace !== '') return namespace;
    if (found !== undefined) break;
  }
  return 'default';
}
