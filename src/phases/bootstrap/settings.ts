import { parseDuration } from '../../core/duration.ts';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
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

/** Keys of the `bootstrap:` section. */
const KEYS = new Set(['enabled', 'timeout', 'retryAttempts', 'failFast', 'requirements', 'handlers']);

/** Settings: the environment (`BOOTSTRAP_…`) wins over the `bootstrap:` section, which wins over the defaults. */
export function readSettings(
  section: YamlMap,
  environment: Readonly<Record<string, string | undefined>>,
): Result<BootstrapSettings> {
  for (const key of section.keys())
    if (!KEYS.has(key))
      return wrong(
        `bootstrap.${key} is no setting (${[...KEYS].join(', ')}); what is to be made stands in requirements`,
      );
  const problems: string[] = [];
  const read = <T>(key: string, variable: string, otherwise: T, convert: (value: unknown) => T | undefined): T => {
    const own = environment[variable] || undefined;
    const value = own ?? section.get(key);
    if (value === undefined || value === null) return otherwise;
    const converted = convert(value);
    if (converted === undefined)
      problems.push(`${own === undefined ? `bootstrap.${key}` : variable} cannot be ${JSON.stringify(String(value))}`);
    return converted ?? otherwise;
  };
  const settings = {
    enabled: read('enabled', 'BOOTSTRAP_ENABLED', DEFAULT_SETTINGS.enabled, flag),
    timeoutMs: read('timeout', 'BOOTSTRAP_TIMEOUT', DEFAULT_SETTINGS.timeoutMs, milliseconds),
    retryAttempts: read('retryAttempts', 'BOOTSTRAP_RETRY_ATTEMPTS', DEFAULT_SETTINGS.retryAttempts, count),
    failFast: read('failFast', 'BOOTSTRAP_FAIL_FAST', DEFAULT_SETTINGS.failFast, flag),
  };
  return problems.length === 0 ? ok(settings) : wrong(problems.join('; '));
}

const wrong = (message: string): Result<never> =>
  fail(failure('invalid-object', message, { hint: 'enabled and failFast are true or false, timeout is 30s or 2m' }));

function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (/^(?:1|true|yes|on)$/i.test(value)) return true;
  return /^(?:0|false|no|off)$/i.test(value) ? false : undefined;
}

/** A duration (`30s`), or a bare number: seconds below 1000, else milliseconds. */
function milliseconds(value: unknown): number | undefined {
  const text = String(value);
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text) < 1000 ? Number(text) * 1000 : Number(text);
  const parsed = parseDuration(text);
  return parsed === undefined || parsed <= 0 ? undefined : parsed;
}

function count(value: unknown): number | undefined {
  return /^\d{1,3}$/.test(String(value)) ? Math.min(Number(value), 100) : undefined;
}
