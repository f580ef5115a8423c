/**
 * A `.env` file as godotenv 1.5 reads it: `export` prefixes, `KEY: value`, quotes, comments after white space, and
 * `$NAME`/`${NAME}` of keys above (upper case only) outside single quotes.
 * @see https://github.com/joho/godotenv/blob/v1.5.1/parser.go
 * @throws Error with godotenv's message where the text cannot be read; the caller names the file
 */
export function parseDotenv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let rest = text.replaceAll('\r\n', '\n');
  for (;;) {
    rest = skipToStatement(rest);
    if (rest === '') return values;
    const [key, afterKey] = readKey(rest);
    const [value, afterValue] = readValue(afterKey, values);
    values.set(key, value);
    rest = afterValue;
  }
}

function skipToStatement(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && /\s|\u0085/.test(text.charAt(at))) at++;
    if (text.charAt(at) !== '#') return text.slice(at);
    const end = text.indexOf('\n', at);
    if (end < 0) return '';
    at = end;
  }
}

const isBlank = (character: string): boolean => character !== '' && '\t\v\f\r \u0085\u00a0'.includes(character);

function trimBlankStart(text: string): string {
  let at = 0;
  while (isBlank(text.charAt(at))) at++;
  return text.slice(at);
}

function readKey(text: string): [string, string] {
  let source = trimBlankStart(text);
  if (source.startsWith('export') && isBlank(source.charAt(6))) source = trimBlankStart(source.slice(6));
  let key = '';
  let offset = 0;
  for (let at = 0; at < source.length; at++) {
    const character = source.charAt(at);
    if (isBlank(character)) continue;
    if (character === '=' || character === ':') {
      key = source.slice(0, at);
      offset = at + 1;
      break;
    }
    if (character !== '_' && character !== '.' && !/[\p{L}\p{N}]/u.test(character))
      throw new Error(
        `unexpected character ${JSON.stringify(character)} in variable name near ${JSON.stringify(source)}`,
      );
  }
  if (source === '') throw new Error('zero length string');
  if (offset === 0) throw new Error(`no value after ${JSON.stringify(source)}`);
  return [key.trimEnd(), trimBlankStart(source.slice(offset))];
}

function readValue(text: string, values: ReadonlyMap<string, string>): [string, string] {
  const quote = text.charAt(0);
  if (quote !== '"' && quote !== "'") {
    const newline = text.search(/[\n\r]/);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(0, end);
    let stop = line.length;
    for (let at = line.length - 1; at > 0; at--)
      if (line.charAt(at) === '#' && isBlank(line.charAt(at - 1))) {
        stop = at;
        break;
      }
    return [expand(trimBlank(line.slice(0, stop)), values), text.slice(end)];
  }
  for (let at = 1; at < text.length; at++) {
    if (text.charAt(at) !== quote || text.charAt(at - 1) === '\\') continue;
    let value = text.slice(0, at);
    while (value.startsWith(quote)) value = value.slice(1);
    while (value.endsWith(quote)) value = value.slice(0, -1);
    if (quote === '"') value = expand(expandEscapes(value), values);
    return [value, text.slice(at + 1)];
  }
  const end = text.indexOf('\n');
  throw new Error(`unterminated quoted value ${end < 0 ? text : text.slice(0, end)}`);
}

function trimBlank(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charAt(end - 1))) end--;
  return trimBlankStart(text.slice(0, end));
}

function expandEscapes(text: string): string {
  return text
    .replace(/\\./g, (pair) => (pair === '\\n' ? '\n' : pair === '\\r' ? '\r' : pair))
    .replace(/\\([^$])/g, '$1');
}

function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?/g,
    (
      whole: string,
      backslash: string | undefined,
      _dollar: string,
      paren: string | undefined,
      name: string | undefined,
    ) => {
      if (backslash !== undefined || paren !== undefined) return whole.slice(1);
      return name === undefined ? whole : (values.get(name) ?? '');
    },
  );
}
