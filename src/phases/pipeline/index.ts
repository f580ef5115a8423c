export { type BootstrapPort, builtInPhases } from './built-in.ts';
export { declaredSteps, repositoryRootOr } from './declared-steps.ts';
export { type HistoryEntry, history } from './history.ts';
export type { PhaseMarker } from './marker.ts';
export { metricsOf, openMetrics, type PhaseMetrics } from './metrics.ts';
export * from './phase.ts';
export { type Decision, type PhaseResult, Pipeline, type RunRequest } from './pipeline.ts';
export { openPipeline, type PipelineSession, type SessionOptions } from './session.ts';
export { describeState, type PhaseState } from './state.ts';
