import type { Failure } from '../core/failure.ts';
import { formatLocation, type Location } from '../core/location.ts';
import { formatId } from '../manifests/index.ts';
import type { StoredObject } from '../store/index.ts';

/** A failure with the object it belongs to and all that could not be tried because of it. */
export interface ReportedFailure {
  /** `HelmRelease/apps/web`; absent for what went wrong before there was an object (a file that cannot be read). */
  readonly object?: string;
  readonly failure: Failure;
  /** Ids of the objects that wait for this one, directly or through others, sorted. */
  readonly blocks: readonly string[];
}

/** Reasons whose own place is a file of the chart. */
const IN_CHART = new Set<Failure['reason']>(['template-failed', 'schema-violation', 'chart-invalid']);

/**
 * The failures of a run, root causes only, in the order of their places; what they blocked stands with each. Objects that
 * wait for something no failure explains are root causes themselves.
 */
export function rootFailures(
  loadFailures: readonly Failure[],
  objects: readonly StoredObject[],
  locate: (object: StoredObject) => Location | undefined = () => undefined,
): ReportedFailure[] {
  const failed = objects.filter((object) => object.status.phase === 'Failed');
  const roots = new Set(failed.map((object) => formatId(object.id)));
  const blocks = new Map<string, string[]>();
  const orphans: StoredObject[] = [];
  for (const object of objects) {
    if (object.status.phase !== 'Blocked') continue;
    const causes = (object.status.failure?.blockedBy ?? []).filter((cause) => roots.has(cause));
    if (causes.length === 0) orphans.push(object);
    for (const cause of causes) blocks.set(cause, [...(blocks.get(cause) ?? []), formatId(object.id)]);
  }
  const reported = [...failed, ...orphans].flatMap((object): ReportedFailure[] => {
    const { failure } = object.status;
    if (failure === undefined) return [];
    const id = formatId(object.id);
    // A place inside a chart is in the message; a person looks for what the repository says.
    const own = IN_CHART.has(failure.reason) ? undefined : failure.at;
    const at = own ?? object.origin.at ?? locate(object) ?? failure.at;
    return [
      { object: id, failure: at === undefined ? failure : { ...failure, at }, blocks: (blocks.get(id) ?? []).sort() },
    ];
  });
  // A directory that is both loaded and built by a Kustomization fails once.
  const told = reported.map(({ failure }) => failure.message);
  const loading = loadFailures.filter(({ message }) => !told.some((text) => text.endsWith(`build failed: ${message}`)));
  return [...loading.map((failure) => ({ failure, blocks: [] })), ...reported];
}

/** One failure as text for a terminal or a log, with a line break at the end. */
export function formatFailure({ object, failure, blocks }: ReportedFailure): string {
  const place = failure.at === undefined ? undefined : formatLocation(failure.at);
  const lines = [
    `error: ${[place, object].filter((part) => part !== undefined).join(': ') || 'failed'} [${failure.reason}]`,
  ];
  for (const line of failure.message.trimEnd().split('\n')) lines.push(`  ${line}`);
  if (failure.hint !== undefined) lines.push(`  hint: ${failure.hint}`);
  if (blocks.length > 0) lines.push(`  blocks ${blocks.length}: ${blocks.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

/**
 * What the other side of a comparison does not render, for a terminal: what fails here as well is told elsewhere, and named alone.
 * @param lead `warning: the base does not render`
 */
export function formatOtherFailures(
  lead: string,
  other: readonly ReportedFailure[],
  here: readonly ReportedFailure[],
): string {
  const nameOf = ({ object, failure }: ReportedFailure): string => object ?? failure.at?.file ?? failure.message;
  const failing = new Set(here.map(nameOf));
  const both = other.map(nameOf).filter((name) => failing.has(name));
  const alone = other.filter((one) => !failing.has(nameOf(one)));
  return [
    ...(both.length === 0 ? [] : [`${lead} ${both.join(', ')} either`]),
    ...alone.flatMap((one) => [
      `${lead} ${nameOf(one)}:`,
      ...one.failure.message.trimEnd().replace(/^/gm, '  ').split('\n'),
    ]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
