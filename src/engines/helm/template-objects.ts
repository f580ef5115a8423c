import type { FunctionTable } from '../gotemplate/functions.ts';
import { type GoValue, goInt, stringSlice } from '../gotemplate/value.ts';
import type { KubeVersion } from './capabilities.ts';
import type { HelmVersion } from './chart.ts';
import type { LookupFunction } from './lookup.ts';
import type { WorkChart } from './work-chart.ts';

export interface CapabilitiesInput {
  readonly kube: KubeVersion;
  readonly apiVersions: readonly string[];
}
export interface TemplateContext {
  readonly lookup: LookupFunction | undefined;
  readonly seed: string | false;
}
export function functionsFor(_helmVersion: HelmVersion): FunctionTable {
  return new Map();
}
export function contextFor(context: TemplateContext): unknown {
  return context;
}
export function capabilitiesObject(input: CapabilitiesInput, _helmVersion: HelmVersion): GoValue {
  return new Map<string, GoValue>([
    ['APIVersions', stringSlice(input.apiVersions)],
    ['KubeVersion', input.kube.version],
  ]);
}
export function chartObject(chart: WorkChart, _helmVersion: HelmVersion): GoValue {
  return new Map<string, GoValue>([
    ['Name', chart.name],
    ['Version', chart.metadata.version],
    ['n', goInt(1)],
  ]);
}
export function filesObject(_chart: WorkChart, _helmVersion: HelmVersion): GoValue {
  return new Map<string, GoValue>();
}
export function valuesObject(values: Map<string, GoValue>, _helmVersion: HelmVersion): Map<string, GoValue> {
  return values;
}
