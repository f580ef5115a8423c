import { type FunctionContext, functionContext, type ResolveHost } from '../gotemplate/context.ts';
import type { FunctionTable } from '../gotemplate/functions.ts';
import { helmFunctions } from '../gotemplate/helm-functions.ts';
import * as objects from '../gotemplate/helm-objects.ts';
import type { GoValue, TypedMap } from '../gotemplate/value.ts';
import type { KubeVersion } from './capabilities.ts';
import type { HelmVersion } from './chart.ts';
import { DEFAULT_API_VERSIONS } from './default-api-versions.ts';
import type { LookupFunction } from './lookup.ts';
import { copyValue, type WorkChart } from './work-chart.ts';

export interface CapabilitiesInput {
  readonly kube: KubeVersion;
  /** Besides the default ones. */
  readonly apiVersions: readonly string[];
}

export interface TemplateContext {
  readonly lookup: LookupFunction | undefined;
  readonly seed: string | false;
  readonly resolveHost?: ResolveHost | undefined;
}

/** What `.Capabilities.HelmVersion` says. */
const HELM_VERSION = {
  '3': { version: 'v3.22', goVersion: 'go1.26.8' },
  '4': { version: 'v4.3', goVersion: 'go1.27.3', kubeClientVersion: 'v1.37' },
} as const;

export const functionsFor = (helmVersion: HelmVersion): FunctionTable => helmFunctions(helmVersion);

export const contextFor = (context: TemplateContext): FunctionContext => functionContext(context);

export function capabilitiesObject({ kube, apiVersions }: CapabilitiesInput, helmVersion: HelmVersion): GoValue {
  return objects.capabilitiesObject(
    {
      kubeVersion: kube,
      apiVersions: apiVersions.length === 0 ? DEFAULT_API_VERSIONS : [...DEFAULT_API_VERSIONS, ...apiVersions],
      helmVersion: HELM_VERSION[helmVersion],
    },
    helmVersion,
  );
}

export function chartObject(chart: WorkChart, helmVersion: HelmVersion): GoValue {
  const { dependencies } = chart.metadata;
  const metadata = {
    ...chart.metadata,
    dependencies: dependencies?.map((entry) => ({ ...entry, importValues: entry.importValues?.map(copyValue) })),
  };
  return objects.chartObject(metadata, chart.parent === undefined, helmVersion);
}

export function filesObject(chart: WorkChart): GoValue {
  return objects.filesObject(chart.files.map((file): [string, Uint8Array] => [file.name, file.data]));
}

export const valuesObject = (values: Iterable<readonly [string, GoValue]>, helmVersion: HelmVersion): TypedMap =>
  objects.valuesObject(values, helmVersion);
