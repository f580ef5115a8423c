import type { Warning } from '../core/warning.ts';

/** How many subjects a line names. */
const NAMED = 3;

/** Warnings as lines, each once, those that belong together as one in the place of the first. */
export function warningLines(warnings: readonly Warning[]): string[] {
  const groups = new Map<string, Warning[]>();
  const seen = new Set<string>();
  for (const warning of warnings) {
    if (seen.has(warning.message)) continue;
    seen.add(warning.message);
    const key = warning.together?.text ?? warning.message;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [warning]);
    else group.push(warning);
  }
  return [...groups].map(([text, group]) => {
    const subjects = [...new Set(group.map(({ together }) => together?.subject ?? ''))];
    if (group.length === 1) return group[0]!.message;
    const more = subjects.length - NAMED;
    const names = subjects.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
    const line = text.replace('{count}', () => String(subjects.length)).replace('{names}', () => names);
    return more > 0 ? `${line} (--log-level debug names each)` : line;
  });
}
