/** The task kinds of a run over a cluster, and the walk that starts them. */
export {
  Cluster,
  type ClusterDepth,
  type ClusterOptions,
  type ClusterResult,
  type RenderedBy,
} from './cluster.ts';
export { type Definition, decodeDefinition, encodeDefinition } from './definition.ts';
export { type ExternalEngines, openExternal } from './external.ts';
export { allKinds, PHASE_KINDS, type TaskKinds, taskKinds } from './kinds.ts';
export { type NetworkSourcesOptions, networkSources } from './network-sources.ts';
export { type Contest, GIVEN, type Settlement } from './offers.ts';
export type {
  FetchedSource,
  OpenSource,
  RenderOptions,
  SourcePort,
  SourceRequest,
  TaskPorts,
} from './ports.ts';
export type { Rendered, RenderedObject } from './rendered.ts';
export { normalizeGitUrl } from './stand-ins.ts';
export { findWorkspace, type Workspace } from './workspace.ts';
