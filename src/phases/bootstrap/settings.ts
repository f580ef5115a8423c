import { parseDuration } from '../../core/duration.ts';
import type { YamlMap } from '../../core/value.ts';

export interface BootstrapSettings {
  readonly enabled: boolean;
  /** For the whole bootstrap. Milliseconds. */
  readonly timeoutMs: number;
  /** How often a handler is tried whose failure may pass by itself. */
  readonly retryAttempts: number;
  /** The first failed handler ends the bootstrap; otherwise all failures are collected. */
  readonly failFast: boolean;
}

export const DEFAULT_SETTINGS: BootstrapSettings = {
  enabled: true,
  timeoutMs: 30_000,
  retryAttempts: 3,
  failFast: true,
};

/** Settings: the environment (`BOOTSTRAP_…`) wins over the `bootstrap:` section, which wins over the defaults. */
export function readSettings(
  section: YamlMap,
  environment: Readonly<Record<string, string | undefined>>,
): BootstrapSettings {
  const raw = (key: string, variable: string): unknown => environment[variable] || section.get(key);
  return {
    enabled: flag(raw('enabled', 'BOOTSTRAP_ENABLED'), DEFAULT_SETTINGS.enabled),
    timeoutMs: milliseconds(raw('timeout', 'BOOTSTRAP_TIMEOUT'), DEFAULT_SETTINGS.timeoutMs),
    retryAttempts: count(raw('retryAttempts', 'BOOTSTRAP_RETRY_ATTEMPTS'), DEFAULT_SETTINGS.retryAttempts),
    failFast: flag(raw('failFast', 'BOOTSTRAP_FAIL_FAST'), DEFAULT_SETTINGS.failFast),
  };
}

function flag(value: unknown, otherwise: boolean): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return otherwise;
  if (/^(?:1|true|yes|on)$/i.test(value)) return true;
  return /^(?:0|false|no|off)$/i.test(value) ? false : otherwise;
}

/** A duration (`30s`), or a bare number: seconds below 1000, else milliseconds. */
function milliseconds(value: unknown, otherwise: number): number {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text === '') return otherwise;
  if (/^\d+$/.test(text)) return Number(text) < 1000 ? Number(text) * 1000 : Number(text);
  const parsed = parseDuration(text);
  return parsed === undefined || parsed <= 0 ? otherwise : parsed;
}

function count(value: unknown, otherwise: number): number {
  const number = Number(value);
  return value !== undefined && value !== null && value !== '' && Number.isInteger(number) && number >= 0
    ? Math.min(number, 100)
    : otherwise;
}
