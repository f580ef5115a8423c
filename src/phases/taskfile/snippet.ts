const PADDING = 2;

/** The lines around a place, the place marked. `line` and `column` are 1-based. */
export function snippet(text: string, line: number, column: number): string {
  const lines = text.split('\n');
  const start = Math.max(line - PADDING, 1);
  const end = Math.min(line + PADDING, Math.max(lines.length - 1, 1));
  const digits = String(end).length;
  const shown: string[] = [];
  for (let at = start; at <= end; at++) {
    const content = lines[at - 1] ?? '';
    shown.push(`${at === line ? '>' : ' '} ${String(at).padStart(digits)} | ${content}`);
    if (at === line && column > 0 && column <= content.length)
      shown.push(`  ${' '.repeat(digits)} | ${' '.repeat(column - 1)}^`);
  }
  return shown.join('\n');
}
