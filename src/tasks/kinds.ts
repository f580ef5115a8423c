import { canonicalJson } from '../core/digest.ts';
import type { YamlMap, YamlValue } from '../core/value.ts';
import type { Json, TaskKind } from '../graph/task.ts';
import { type ArtifactInput, type ArtifactOutput, artifactKind } from './artifact.ts';
import { type BuildInput, buildKind } from './build.ts';
import { type FetchInput, type FetchOutput, fetchKind } from './fetch.ts';
import { gateKind } from './gate.ts';
import { type LoadInput, type LoadOutput, loadKind } from './load.ts';
import type { TaskPorts } from './ports.ts';
import { remoteKind } from './remote.ts';
import type { Rendered } from './rendered.ts';
import { type ResourceSetInput, resourceSetKind } from './resource-set.ts';
import { type TemplateInput, templateKind } from './template.ts';
import { valuesKind } from './values.ts';

/** The kinds of a run over a cluster, with what they reach the world by. */
export interface TaskKinds {
  readonly load: TaskKind<LoadInput, LoadOutput & Json>;
  readonly fetch: TaskKind<FetchInput, FetchOutput & Json>;
  readonly build: TaskKind<BuildInput, Rendered & Json>;
  readonly template: TaskKind<TemplateInput, Rendered & Json>;
  readonly artifact: TaskKind<ArtifactInput, ArtifactOutput & Json>;
  readonly resourceSet: TaskKind<ResourceSetInput, Rendered & Json>;
}

export function taskKinds(ports: TaskPorts): TaskKinds {
  return {
    load: loadKind,
    fetch: fetchKind(ports),
    build: buildKind(ports),
    template: templateKind(ports),
    artifact: artifactKind(ports),
    resourceSet: resourceSetKind,
  };
}

/** Every kind, so that a run can ask again for what a record needs. */
export function allKinds(ports: TaskPorts): readonly TaskKind<never, Json>[] {
  const kinds = taskKinds(ports);
  return [...Object.values(kinds), remoteKind(ports), valuesKind, gateKind] as unknown as TaskKind<never, Json>[];
}

/** A fact's text: equal objects have equal texts. */
export const encodeFact = (value: YamlMap | YamlValue): string => canonicalJson(value);

/** The kinds of task that a phase stands for, where they are more than the one of its name: what `--force PHASE` runs again. */
export const PHASE_KINDS: Readonly<Record<string, readonly string[]>> = {
  fetch: ['fetch', 'fetch-remote', 'artifact'],
  build: ['build', 'resourceset'],
};
