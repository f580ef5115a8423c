import type { HistoryEntry } from './history.ts';

/** Figures of one phase over its history. Times in milliseconds. */
export interface PhaseMetrics {
  readonly phase: string;
  /** By outcome: `done`, `failed`, `fresh`, `skipped`. */
  readonly runs: Readonly<Record<string, number>>;
  /** Of the runs that did work, those that succeeded; 0 to 1. */
  readonly successRate: number;
  readonly lastMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly totalMs: number;
  readonly lastAt: string;
}

/** @param entries newest first */
export function metricsOf(entries: readonly HistoryEntry[]): PhaseMetrics[] {
  const byPhase = new Map<string, HistoryEntry[]>();
  for (const entry of entries) byPhase.set(entry.phase, [...(byPhase.get(entry.phase) ?? []), entry]);
  return [...byPhase].sort(([a], [b]) => (a < b ? -1 : 1)).map(([phase, all]) => phaseMetrics(phase, all));
}

function phaseMetrics(phase: string, entries: readonly HistoryEntry[]): PhaseMetrics {
  const runs: Record<string, number> = { done: 0, failed: 0, fresh: 0, skipped: 0 };
  for (const { outcome } of entries) runs[outcome] = (runs[outcome] ?? 0) + 1;
  const worked = entries.filter(({ outcome }) => outcome === 'done' || outcome === 'failed');
  const times = worked.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)] ?? 0;
  return {
    phase,
    runs,
    successRate: worked.length === 0 ? 1 : (runs.done ?? 0) / worked.length,
    lastMs: worked[0]?.durationMs ?? 0,
    medianMs: at(0.5),
    p95Ms: at(0.95),
    totalMs: times.reduce((sum, time) => sum + time, 0),
    lastAt: entries[0]?.startedAt ?? '',
  };
}

/**
 * Metrics as OpenMetrics text.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function openMetrics(metrics: readonly PhaseMetrics[]): string {
  const label = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const lines = ['# TYPE flux_local_phase_runs counter', '# HELP flux_local_phase_runs Runs of a phase by outcome.'];
  for (const { phase, runs } of metrics)
    for (const [outcome, count] of Object.entries(runs))
      lines.push(`flux_local_phase_runs_total{phase="${label(phase)}",outcome="${outcome}"} ${count}`);
  lines.push(
    '# TYPE flux_local_phase_duration_seconds summary',
    '# UNIT flux_local_phase_duration_seconds seconds',
    '# HELP flux_local_phase_duration_seconds Time that runs of a phase took.',
  );
  for (const { phase, runs, medianMs, p95Ms, totalMs } of metrics) {
    const name = `phase="${label(phase)}"`;
    lines.push(
      `flux_local_phase_duration_seconds{${name},quantile="0.5"} ${medianMs / 1000}`,
      `flux_local_phase_duration_seconds{${name},quantile="0.95"} ${p95Ms / 1000}`,
      `flux_local_phase_duration_seconds_sum{${name}} ${totalMs / 1000}`,
      `flux_local_phase_duration_seconds_count{${name}} ${(runs.done ?? 0) + (runs.failed ?? 0)}`,
    );
  }
  lines.push(
    '# TYPE flux_local_phase_success_ratio gauge',
    '# HELP flux_local_phase_success_ratio Share of runs that succeeded.',
  );
  for (const { phase, successRate } of metrics)
    lines.push(`flux_local_phase_success_ratio{phase="${label(phase)}"} ${successRate}`);
  return `${lines.join('\n')}\n# EOF\n`;
}
