export { DEFAULT_KUBE_VERSION, parseKubeVersion } from './capabilities.ts';
export {
  type Chart,
  type ChartDependency,
  ChartFile,
  type ChartMetadata,
  type HelmVersion,
} from './chart.ts';
export { type ChartValuesOptions, coalesceValues, mergeValues } from './chart-values.ts';
export { matchFile } from './file-match.ts';
export { quoteGo, trimGo } from './go-text.ts';
export {
  chartArchiveFiles,
  checkDependencies,
  checkInstallable,
  type LoadDirectoryOptions,
  type LoadOptions,
  loadChartArchive,
  loadChartDirectory,
} from './load-chart.ts';
export { INSTALL_ORDER, sortByKind, splitManifests } from './manifests.ts';
export { renderNameTemplate } from './name-template.ts';
export { isCompatibleRange } from './process-dependencies.ts';
export { renderChart, renderChartFiles } from './render-chart.ts';
export type {
  CrdFile,
  Hook,
  HookEvent,
  Lookup,
  LookupObject,
  Manifest,
  ReleaseOptions,
  Rendered,
  RenderFailure,
  RenderOptions,
} from './rendered.ts';
export { document as streamDocument, isTestHook, manifestStream, type StreamOptions, toStream } from './stream.ts';
export {
  parseSet,
  parseSetFile,
  parseSetJson,
  parseSetLiteral,
  parseSetString,
  type SetOptions,
} from './strvals.ts';
export { composeValues, type ValuesOptions } from './values-options.ts';
