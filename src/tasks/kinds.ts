import { canonicalJson } from '../core/digest.ts';
import type { YamlMap, YamlValue } from '../core/value.ts';
import type { Json, TaskKind } from '../graph/task.ts';
import { type BuildInput, buildKind } from './build.ts';
import { type FetchInput, type FetchOutput, fetchKind } from './fetch.ts';
import { gateKind } from './gate.ts';
import { type LoadInput, type LoadOutput, loadKind } from './load.ts';
import type { TaskPorts } from './ports.ts';
import type { Rendered } from './rendered.ts';
import { type TemplateInput, templateKind } from './template.ts';
import { valuesKind } from './values.ts';

/** The kinds of a run over a cluster, with what they reach the world by. */
export interface TaskKinds {
  readonly load: TaskKind<LoadInput, LoadOutput & Json>;
  readonly fetch: TaskKind<FetchInput, FetchOutput & Json>;
  readonly build: TaskKind<BuildInput, Rendered & Json>;
  readonly template: TaskKind<TemplateInput, Rendered & Json>;
}

export function taskKinds(ports: TaskPorts): TaskKinds {
  return { load: loadKind, fetch: fetchKind(ports), build: buildKind(ports), template: templateKind(ports) };
}

/** Every kind, so that a run can ask again for what a record needs. */
export function allKinds(ports: TaskPorts): readonly TaskKind<never, Json>[] {
  const kinds = taskKinds(ports);
  return [kinds.load, kinds.fetch, kinds.build, kinds.template, valuesKind, gateKind] as unknown as TaskKind<
    never,
    Json
  >[];
}

/** A fact's text: equal objects have equal texts. */
export const encodeFact = (value: YamlMap | YamlValue): string => canonicalJson(value);
