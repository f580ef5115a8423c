// Go's unicode.IsSpace, and the \s of its regular expressions.
const LEADING_SPACE = /^[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const TRAILING_SPACE = /[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

function trimLeft(text: string): string {
  return text.replace(LEADING_SPACE, '');
}

/** Without a regular expression, whose search for trailing space would start anew at each blank of a long text. */
function trim(text: string): string {
  const left = trimLeft(text);
  let end = left.length;
  while (end > 0 && TRAILING_SPACE.test(left[end - 1]!)) end--;
  return left.slice(0, end);
}

const MARKER = '---';
const isSpace = (c: string): boolean => c === ' ' || c === '\t' || c === '\n' || c === '\f' || c === '\r';

/** `(?:^|\s*\n)---\s*`: a marker takes the white space around it along. */
function splitV3(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.startsWith(MARKER) ? 0 : text.indexOf(`\n${MARKER}`); at >= 0; ) {
    let end = at === 0 && text.startsWith(MARKER) ? 0 : at;
    const marker = text[end] === '\n' ? end + 1 : end;
    while (end > from && isSpace(text[end - 1]!)) end--;
    parts.push(text.slice(from, end));
    from = marker + MARKER.length;
    while (from < text.length && isSpace(text[from]!)) from++;
    // White space behind a marker is spent: what follows it directly is no new line for the next one.
    at = text.indexOf(`\n${MARKER}`, from);
  }
  parts.push(text.slice(from));
  return parts;
}

/**
 * Splits a rendered stream into its manifests, in their order, as Helm does: by lines that start with `---`, whatever follows.
 * @param helmVersion 3 cuts white space off both ends of each manifest, 4 only before it
 * @see Helm pkg/releaseutil/manifest.go (v3) and pkg/release/v1/util/manifest.go (v4), SplitManifests
 */
export function splitManifests(text: string, helmVersion: 3 | 4 = 4): string[] {
  if (helmVersion === 3)
    return splitV3(trim(text))
      .filter((part) => part !== '')
      .map(trim);
  return trimLeft(text)
    .split(/(?:^|(?<=\n))---[ \t]*/) // JavaScript's own `^` would match behind CR and U+2028, too
    .map(trimLeft)
    .filter((part) => part !== '');
}
