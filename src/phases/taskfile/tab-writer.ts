/** A cell of a table, with the colour codes that take no room. */
export interface Cell {
  readonly text: string;
  readonly painted: string;
}

/**
 * Rows in columns as Go's tabwriter lays them out with `padding` blanks after the widest cell of a column. A column runs over
 * the neighbouring rows that have a cell in it and another after it.
 */
export function alignColumns(rows: readonly (readonly Cell[])[], padding: number): string {
  const widths = rows.map((row) => new Array<number>(row.length).fill(0));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  for (let column = 0; column < columns; column++) {
    let start = 0;
    while (start < rows.length) {
      const has = (row: readonly Cell[] | undefined): boolean => row !== undefined && column < row.length - 1;
      if (!has(rows[start])) {
        start++;
        continue;
      }
      let end = start;
      let width = 0;
      while (has(rows[end])) {
        width = Math.max(width, [...(rows[end]?.[column]?.text ?? '')].length);
        end++;
      }
      for (let row = start; row < end; row++) (widths[row] as number[])[column] = width + padding;
      start = end;
    }
  }
  return rows
    .map((row, at) => {
      const cells = row.map((cell, column) => {
        const width = widths[at]?.[column] ?? 0;
        return cell.painted + ' '.repeat(Math.max(0, width - [...cell.text].length));
      });
      return `${cells.join('')}\n`;
    })
    .join('');
}
