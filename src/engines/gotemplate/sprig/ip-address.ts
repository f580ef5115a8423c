import { quoteGo } from '../go-quote.ts';

/** netip.ParseAddr, as far as its errors go. @see Go src/net/netip/netip.go */

const problem = (text: string, message: string, at = ''): string =>
  `ParseAddr(${quoteGo(text)}): ${message}${at === '' ? '' : ` (at ${quoteGo(at)})`}`;

/** What is wrong with the address, in Go's words; its kind where nothing is. */
export function checkAddress(text: string): { readonly kind: 4 | 6 } | { readonly error: string } {
  const first = /[.:%]/.exec(text)?.[0];
  if (first === '.') {
    const error = ipv4Problem(text, text);
    return error === undefined ? { kind: 4 } : { error };
  }
  if (first === ':') {
    const error = ipv6Problem(text);
    return error === undefined ? { kind: 6 } : { error };
  }
  return { error: problem(text, first === '%' ? 'missing IPv6 address' : 'unable to parse IP') };
}

/** @param fields the part of `text` that holds the address */
function ipv4Problem(text: string, fields: string): string | undefined {
  let [value, position, digits] = [0, 0, 0];
  for (let i = 0; i < fields.length; i++) {
    const char = fields[i]!;
    if (char >= '0' && char <= '9') {
      if (digits === 1 && value === 0) return problem(text, 'IPv4 field has octet with leading zero');
      value = value * 10 + Number(char);
      digits++;
      if (value > 255) return problem(text, 'IPv4 field has value >255');
    } else if (char === '.') {
      if (i === 0 || i === fields.length - 1 || fields[i - 1] === '.')
        return problem(text, 'IPv4 field must have at least one digit', fields.slice(i));
      if (position === 3) return problem(text, 'IPv4 address too long');
      position++;
      [value, digits] = [0, 0];
    } else return problem(text, 'unexpected character', fields.slice(i));
  }
  return position < 3 ? problem(text, 'IPv4 address too short') : undefined;
}

function ipv6Problem(text: string): string | undefined {
  let rest = text;
  const percent = text.indexOf('%');
  if (percent >= 0) {
    rest = text.slice(0, percent);
    if (percent === text.length - 1) return problem(text, 'zone must be a non-empty string');
  }
  let ellipsis = -1;
  if (rest.startsWith('::')) {
    ellipsis = 0;
    rest = rest.slice(2);
    if (rest === '') return undefined;
  }
  let at = 0;
  while (at < 16) {
    const digits = /^[0-9a-fA-F]*/.exec(rest)![0];
    if (digits.length > 4) return problem(text, 'each group must have 4 or less digits', rest);
    if (digits === '') return problem(text, 'each colon-separated field must have at least one digit', rest);
    if (rest[digits.length] === '.') {
      if (ellipsis < 0 && at !== 12)
        return problem(text, 'embedded IPv4 address must replace the final 2 fields of the address', rest);
      if (at + 4 > 16)
        return problem(text, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest);
      const error = ipv4Problem(text, rest);
      if (error !== undefined) return error;
      rest = '';
      at += 4;
      break;
    }
    at += 2;
    rest = rest.slice(digits.length);
    if (rest === '') break;
    if (rest[0] !== ':') return problem(text, 'unexpected character, want colon', rest);
    if (rest.length === 1) return problem(text, 'colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest[0] === ':') {
      if (ellipsis >= 0) return problem(text, 'multiple :: in address', rest);
      ellipsis = at;
      rest = rest.slice(1);
      if (rest === '') break;
    }
  }
  if (rest !== '') return problem(text, 'trailing garbage after address', rest);
  if (at < 16 && ellipsis < 0) return problem(text, 'address string too short');
  return at === 16 && ellipsis >= 0 ? problem(text, 'the :: must expand to at least one field of zeros') : undefined;
}
