import type { BuildContext } from '../../build-context.ts';
import { KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';

export interface IamPolicySettings {
  readonly cloud: string;
  readonly projectId: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly kubernetesService: string;
}

/**
 * Makes the ServiceAccount that stands for one of Google's cloud; only as a plugin (`kind: IAMPolicyGenerator`).
 * @see kustomize api/filters/iampolicygenerator
 */
export function generateIamPolicy(settings: IamPolicySettings, context: BuildContext): Resource[] {
  if (settings.cloud !== 'gke') throw new KustomizeProblem(`cloud provider ${settings.cloud} not supported yet`);
  const namespace = settings.namespace === '' ? '' : `  namespace: ${settings.namespace}\n`;
  return context.read(`apiVersion: v1
kind: ServiceAccount
metadata:
  annotations:
    iam.gke.io/gcp-service-account: ${settings.serviceAccount}@${settings.projectId}.iam.gserviceaccount.com
  name: ${settings.kubernetesService}
${namespace}`);
}
