/** Columns aligned with four spaces between them, as the tables of `get` have always been; no table for no rows. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [header, ...rows]
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column]! + 4)).join('')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}
