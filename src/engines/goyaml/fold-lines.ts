const isBlank = (c: number): boolean => c === 32 || c === 9;

/** Without the blanks at its ends (or one of them). A regular expression would take quadratic time over blanks in the middle. */
function trimBlanks(line: string, start: boolean, end: boolean): string {
  let from = 0;
  let to = line.length;
  if (start) while (from < to && isBlank(line.charCodeAt(from))) from++;
  if (end) while (to > from && isBlank(line.charCodeAt(to - 1))) to--;
  return line.slice(from, to);
}

/** Joins the lines of a quoted scalar: one line break is a space, more are one less; blanks around them are lost. */
export function foldLines(lines: readonly string[]): string {
  const last = lines.length - 1;
  const parts = [trimBlanks(lines[0]!, false, last > 0)];
  let breaks = 0;
  for (let i = 1; i <= last; i++) {
    const line = trimBlanks(lines[i]!, true, i < last);
    if (i < last && line === '') breaks++;
    else {
      parts.push(breaks === 0 ? ' ' : '\n'.repeat(breaks), line);
      breaks = 0;
    }
  }
  return parts.join('');
}
