import { GoError } from '../errors.ts';
import { quoteGo } from '../go-quote.ts';
import { fromBytes, toBytes } from '../go-string.ts';
import { type GoValue, kindOf } from '../value.ts';
import { checkAddress } from './ip-address.ts';
import { NIL_DEREFERENCE } from './lists.ts';

/** @see sprig url.go; Go src/net/url/url.go */

interface Url {
  scheme: string;
  opaque: string;
  user: { readonly name: string; readonly password: string | undefined } | undefined;
  host: string;
  path: string;
  rawPath: string;
  rawQuery: string;
  forceQuery: boolean;
  fragment: string;
  rawFragment: string;
  omitHost: boolean;
}
type Mode = 'path' | 'user' | 'host' | 'zone' | 'query' | 'fragment';

class UrlProblem extends Error {}

function shouldEscape(char: string, mode: Mode): boolean {
  if (/[A-Za-z0-9]/.test(char)) return false;
  if ((mode === 'host' || mode === 'zone') && '!$&\'()*+,;=:[]<>"'.includes(char)) return false;
  switch (char) {
    case '-':
    case '_':
    case '.':
    case '~':
      return false;
    case '$':
    case '&':
    case '+':
    case ',':
    case '/':
    case ':':
    case ';':
    case '=':
    case '?':
    case '@':
      if (mode === 'path') return char === '?';
      if (mode === 'user') return char === '@' || char === '/' || char === '?' || char === ':';
      if (mode === 'query') return true;
      return mode !== 'fragment';
  }
  return !(mode === 'fragment' && '!()*'.includes(char));
}
function percentEncode(text: string, mode: Mode): string {
  let out = '';
  for (const byte of toBytes(text)) {
    const char = String.fromCharCode(byte);
    if (byte < 0x80 && !shouldEscape(char, mode)) out += char;
    else if (char === ' ' && mode === 'query') out += '+';
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
function percentDecode(text: string, mode: Mode): string {
  const bytes = toBytes(text);
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const char = String.fromCharCode(bytes[i]!);
    if (char === '%') {
      const digits = bytes.subarray(i + 1, i + 3).toString('latin1');
      if (!/^[0-9a-fA-F]{2}$/.test(digits))
        throw new UrlProblem(`invalid URL escape ${quoteGo(fromBytes(bytes.subarray(i, i + 3)))}`);
      const value = Number.parseInt(digits, 16);
      if (mode === 'host' && value < 0x80 && digits !== '25')
        throw new UrlProblem(`invalid URL escape ${quoteGo(`%${digits}`)}`);
      if (
        mode === 'zone' &&
        digits !== '25' &&
        value !== 0x20 &&
        value < 0x80 &&
        shouldEscape(String.fromCharCode(value), 'host')
      )
        throw new UrlProblem(`invalid URL escape ${quoteGo(`%${digits}`)}`);
      out.push(value);
      i += 2;
      continue;
    }
    if ((mode === 'host' || mode === 'zone') && bytes[i]! < 0x80 && shouldEscape(char, mode))
      throw new UrlProblem(`invalid character ${quoteGo(char)} in host name`);
    out.push(char === '+' && mode === 'query' ? 0x20 : bytes[i]!);
  }
  return fromBytes(Uint8Array.from(out));
}

function parseUrl(text: string): Url {
  const hash = text.indexOf('#');
  const main = hash < 0 ? text : text.slice(0, hash);
  let url: Url;
  try {
    url = parseMain(main);
  } catch (error) {
    if (error instanceof UrlProblem) throw new UrlProblem(`parse ${quoteGo(main)}: ${error.message}`);
    throw error;
  }
  if (hash < 0) return url;
  const fragment = text.slice(hash + 1);
  try {
    url.fragment = percentDecode(fragment, 'fragment');
    url.rawFragment = percentEncode(url.fragment, 'fragment') === fragment ? '' : fragment;
  } catch (error) {
    if (error instanceof UrlProblem) throw new UrlProblem(`parse ${quoteGo(text)}: ${error.message}`);
    throw error;
  }
  return url;
}

function parseMain(text: string): Url {
  if (/[\x00-\x1f\x7f]/.test(text)) throw new UrlProblem('net/url: invalid control character in URL');
  const url: Url = {
    scheme: '',
    opaque: '',
    user: undefined,
    host: '',
    path: '',
    rawPath: '',
    rawQuery: '',
    forceQuery: false,
    fragment: '',
    rawFragment: '',
    omitHost: false,
  };
  if (text === '*') {
    url.path = '*';
    return url;
  }
  let rest = text;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(text);
  if (scheme !== null) {
    url.scheme = scheme[0].toLowerCase();
    rest = text.slice(scheme[0].length + 1);
  } else if (text[0] === ':') throw new UrlProblem('missing protocol scheme');
  if (rest.endsWith('?') && rest.indexOf('?') === rest.length - 1) {
    url.forceQuery = true;
    rest = rest.slice(0, -1);
  } else {
    const mark = rest.indexOf('?');
    if (mark >= 0) {
      url.rawQuery = rest.slice(mark + 1);
      rest = rest.slice(0, mark);
    }
  }
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') {
      url.opaque = rest;
      return url;
    }
    const segment = rest.split('/')[0]!;
    if (segment.includes(':')) throw new UrlProblem('first path segment in URL cannot contain colon');
  }
  if ((url.scheme !== '' || !rest.startsWith('///')) && rest.startsWith('//')) {
    let authority = rest.slice(2);
    const slash = authority.indexOf('/');
    rest = slash < 0 ? '' : authority.slice(slash);
    if (slash >= 0) authority = authority.slice(0, slash);
    parseAuthority(url, authority);
  } else if (url.scheme !== '' && rest.startsWith('/')) url.omitHost = true;
  url.path = percentDecode(rest, 'path');
  url.rawPath = percentEncode(url.path, 'path') === rest ? '' : rest;
  return url;
}

function parseAuthority(url: Url, authority: string): void {
  const at = authority.lastIndexOf('@');
  url.host = parseHost(url.scheme, authority.slice(at + 1));
  if (at < 0) return;
  const info = authority.slice(0, at);
  for (const char of info)
    if (!/[A-Za-z0-9]/.test(char) && !"-._:~!$&'()*+,;=%@".includes(char))
      throw new UrlProblem('net/url: invalid userinfo');
  const colon = info.indexOf(':');
  url.user =
    colon < 0
      ? { name: percentDecode(info, 'user'), password: undefined }
      : { name: percentDecode(info.slice(0, colon), 'user'), password: percentDecode(info.slice(colon + 1), 'user') };
}

const validPort = (port: string): boolean => port === '' || /^:[0-9]*$/.test(port);
function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new UrlProblem('invalid IP-literal');
  const badPort = (port: string) => new UrlProblem(`invalid port ${quoteGo(port)} after host`);
  if (open === 0) {
    const close = host.lastIndexOf(']');
    if (close < 0) throw new UrlProblem("missing ']' in host");
    const port = host.slice(close + 1);
    if (!validPort(port)) throw badPort(port);
    const decodedPort = percentDecode(port, 'host');
    const name = host.slice(1, close);
    const zone = name.indexOf('%25');
    const decoded =
      zone >= 0
        ? percentDecode(name.slice(0, zone), 'host') + percentDecode(name.slice(zone), 'zone')
        : percentDecode(name, 'host');
    const address = checkAddress(decoded);
    if ('error' in address) throw new UrlProblem(`invalid host: ${address.error}`);
    if (address.kind === 4) throw new UrlProblem('invalid IP-literal');
    return `[${decoded}]${decodedPort}`;
  }
  const isHttp = scheme === 'http' || scheme === 'https';
  const colon = isHttp ? host.indexOf(':') : host.lastIndexOf(':');
  if (colon >= 0) {
    const port = host.slice(colon);
    if (!validPort(port)) throw badPort(port);
  }
  return percentDecode(host, 'host');
}
function hostname(host: string): string {
  const colon = host.lastIndexOf(':');
  let name = host;
  if (colon >= 0 && validPort(host.slice(colon))) name = host.slice(0, colon);
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
const userText = (user: NonNullable<Url['user']>): string =>
  percentEncode(user.name, 'user') + (user.password === undefined ? '' : `:${percentEncode(user.password, 'user')}`);

function validEncoded(text: string, mode: Mode): boolean {
  for (const char of text) {
    if ("!$&'()*+,;=:@".includes(char) || '[]'.includes(char) || char === '%') continue;
    if (char.charCodeAt(0) >= 0x80 || shouldEscape(char, mode)) return false;
  }
  return true;
}
function encoded(raw: string, plain: string, mode: Mode): string {
  if (raw !== '' && validEncoded(raw, mode)) {
    try {
      if (percentDecode(raw, mode) === plain) return raw;
    } catch {
      return percentEncode(plain, mode);
    }
  }
  return mode === 'path' && plain === '*' ? '*' : percentEncode(plain, mode);
}

function urlText(url: Url): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`;
  if (url.opaque !== '') out += url.opaque;
  else {
    if (url.scheme !== '' || url.host !== '' || url.user !== undefined) {
      if (!(url.omitHost && url.host === '' && url.user === undefined)) {
        if (url.host !== '' || url.path !== '' || url.user !== undefined) out += '//';
        if (url.user !== undefined) out += `${userText(url.user)}@`;
        if (url.host !== '') out += percentEncode(url.host, 'host');
      }
    }
    const path = encoded(url.rawPath, url.path, 'path');
    if (path !== '' && path[0] !== '/' && url.host !== '') out += '/';
    if (out === '' && path.split('/')[0]!.includes(':')) out += './';
    out += path;
  }
  if (url.forceQuery || url.rawQuery !== '') out += `?${url.rawQuery}`;
  if (url.fragment !== '') out += `#${encoded(url.rawFragment, url.fragment, 'fragment')}`;
  return out;
}

export function urlParse(text: string): GoValue {
  let url: Url;
  try {
    url = parseUrl(text);
  } catch (error) {
    if (error instanceof UrlProblem) throw new GoError(`unable to parse url: ${error.message}`);
    throw error;
  }
  return new Map<string, GoValue>([
    ['scheme', url.scheme],
    ['host', url.host],
    ['hostname', hostname(url.host)],
    ['path', url.path],
    ['query', url.rawQuery],
    ['opaque', url.opaque],
    ['fragment', url.fragment],
    ['userinfo', url.user === undefined ? '' : userText(url.user)],
  ]);
}

export function urlJoin(dict: Map<string, GoValue>): string {
  const text = (key: string): string => {
    const value = dict.get(key);
    if (value === undefined) return '';
    if (value === null) throw new GoError(NIL_DEREFERENCE);
    if (typeof value === 'string') return value;
    throw new GoError(`unable to parse ${key} key, must be of type string, but ${kindOf(value)} found`);
  };
  const url: Url = {
    scheme: text('scheme'),
    host: text('host'),
    path: text('path'),
    rawPath: '',
    rawQuery: text('query'),
    opaque: text('opaque'),
    fragment: text('fragment'),
    rawFragment: '',
    forceQuery: false,
    user: undefined,
    omitHost: false,
  };
  const info = text('userinfo');
  if (info !== '') {
    try {
      url.user = parseUrl(`proto://${info}@host`).user;
    } catch (error) {
      if (error instanceof UrlProblem) throw new GoError(`unable to parse userinfo in dict: ${error.message}`);
      throw error;
    }
  }
  return urlText(url);
}
