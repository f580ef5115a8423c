import { formatLocation } from '../core/location.ts';
import { formatId } from '../manifests/index.ts';
import type { StoredObject } from '../store/index.ts';
import type { ReportedFailure } from './failures.ts';

/** What `test` says of one object. */
export interface Verdict {
  readonly id: string;
  readonly verdict: 'READY' | 'FAILED' | 'BLOCKED' | 'SUSPENDED';
  readonly reason?: string;
  readonly message?: string;
  /** `file:line:column`. */
  readonly at?: string;
  readonly hint?: string;
  readonly blockedBy?: readonly string[];
}

const VERDICTS = { Ready: 'READY', Failed: 'FAILED', Blocked: 'BLOCKED', Suspended: 'SUSPENDED' } as const;

/**
 * A verdict for each object, root causes first: what failed by itself, then what waits for it, then the rest. Files that
 * could not be read stand at the head, under their path.
 */
export function verdicts(objects: readonly StoredObject[], failures: readonly ReportedFailure[]): Verdict[] {
  const loaded = failures
    .filter((reported) => reported.object === undefined)
    .map(
      ({ failure }): Verdict => ({
        id: failure.at?.file ?? 'load',
        verdict: 'FAILED',
        reason: failure.reason,
        message: failure.message,
        ...(failure.at === undefined ? {} : { at: formatLocation(failure.at) }),
        ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      }),
    );
  const places = new Map(failures.map((reported) => [reported.object, reported.failure.at]));
  const judged = objects.flatMap((object): Verdict[] => {
    const { phase, failure, message } = object.status;
    if (phase === 'Pending' || phase === 'Fetching' || phase === 'Building') return [];
    const own = places.get(formatId(object.id)) ?? failure?.at ?? object.origin.at;
    const at = failure === undefined ? undefined : own;
    return [
      {
        id: formatId(object.id),
        verdict: VERDICTS[phase],
        ...(failure === undefined ? {} : { reason: failure.reason }),
        ...((failure?.message ?? message) === undefined ? {} : { message: failure?.message ?? message! }),
        ...(at === undefined ? {} : { at: formatLocation(at) }),
        ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
        ...(failure?.blockedBy === undefined ? {} : { blockedBy: failure.blockedBy }),
      },
    ];
  });
  const order = { FAILED: 0, BLOCKED: 1, SUSPENDED: 2, READY: 3 };
  return [...loaded, ...judged.sort((a, b) => order[a.verdict] - order[b.verdict])];
}

/** The verdicts as text: one line each, the cause of a failure indented below it, and a line that counts. */
export function formatVerdicts(all: readonly Verdict[]): string {
  const width = Math.max(0, ...all.map(({ id }) => id.length));
  let text = '';
  for (const { id, verdict, reason, message, at, hint, blockedBy } of all) {
    const note =
      verdict === 'BLOCKED'
        ? `by ${(blockedBy ?? []).join(', ')}`
        : verdict === 'FAILED'
          ? (reason ?? '')
          : (message ?? '');
    text += `${verdict.padEnd(9)}  ${id.padEnd(width)}  ${note}`.trimEnd();
    text += '\n';
    if (verdict !== 'FAILED') continue;
    if (at !== undefined) text += `           at ${at}\n`;
    for (const line of (message ?? '').trimEnd().split('\n')) text += `           ${line}\n`;
    if (hint !== undefined) text += `           hint: ${hint}\n`;
  }
  const count = (verdict: Verdict['verdict']): number => all.filter((one) => one.verdict === verdict).length;
  const suspended = count('SUSPENDED');
  text += `\n${count('READY')} ready, ${count('FAILED')} failed, ${count('BLOCKED')} blocked`;
  return `${text}${suspended > 0 ? `, ${suspended} suspended` : ''}\n`;
}
