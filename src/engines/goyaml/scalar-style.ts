import { isPrintableAscii } from '../../core/plain-text.ts';
import { isBreak } from './characters.ts';
import { resolvePlain } from './resolve.ts';
import type { Dialect } from './scanner.ts';

export const PLAIN = 0;
export const SINGLE = 1;
export const DOUBLE = 2;
export const LITERAL = 3;

/** What the emitter may write and read back unchanged: neither control characters nor characters beyond the basic plane. */
export function isPrintable(c: number): boolean {
  return (c >= 32 && c <= 126) || c === 10 || (c >= 0xa0 && (c < 0xd800 || (c > 0xdfff && c < 0xfffe && c !== 0xfeff)));
}

const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/**
 * A text that would read back as something else (a number, `yes`, a timestamp), or that YAML 1.1 takes for a base 60 number.
 * v3 no longer reads `yes` as a boolean, but still quotes it.
 */
function needsQuotes(text: string, dialect: Dialect): boolean {
  return (
    resolvePlain(text, 'v2').tag !== '!!str' ||
    (dialect === 'v3' && resolvePlain(text, 'v3').tag !== '!!str') ||
    (text.includes(':') && BASE_60.test(text))
  );
}

/** No indicator at its start, no `:` and `#`, nothing that is not printable: plain, unless it is a word with a meaning or ends in a space. */
const HARMLESS = /^[A-Za-z_/$(][ -"$-9;-~\xa1-\u2027\u202a-\ud7ff\ue000-\ufefe]*$/;

function isHarmless(text: string): boolean {
  if (!isPrintableAscii(text)) return HARMLESS.test(text);
  const first = text.charCodeAt(0);
  const letter = first | 0x20;
  const starts =
    (letter >= 0x61 && letter <= 0x7a) || first === 0x5f || first === 0x2f || first === 0x24 || first === 0x28;
  return starts && !text.includes(':') && !text.includes('#');
}

const SPECIAL = /[^\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const SPECIAL_BUT_TAB = /[^\t\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const SPACE_BEFORE_BREAK = / [\n\u2028\u2029]/;

/**
 * Whether goyaml.v3 may write a text as a block (`|`, `>`): if not, it stands in double quotes, whatever style was asked for.
 * @see go.yaml.in/yaml/v3 emitterc.go, `block_allowed` of yaml_emitter_analyze_scalar
 */
export function fitsBlock(text: string): boolean {
  return !SPECIAL_BUT_TAB.test(text) && !SPACE_BEFORE_BREAK.test(text) && !text.endsWith(' ');
}

/**
 * The style in which goyaml writes a text outside of flow collections.
 * @see go.yaml.in/yaml/v2 encode.go, stringv; emitterc.go, yaml_emitter_analyze_scalar and yaml_emitter_select_scalar_style
 */
export function scalarStyle(text: string, simpleKey: boolean, dialect: Dialect): number {
  if (isHarmless(text) && text.charCodeAt(text.length - 1) !== 32)
    return text.length <= 5 && needsQuotes(text, dialect) ? DOUBLE : PLAIN;
  if (text.includes('\n')) {
    const special = dialect === 'v2' && SPECIAL.test(text); // a tab is special in v2 only
    return simpleKey || special || !fitsBlock(text) ? DOUBLE : LITERAL;
  }
  return needsQuotes(text, dialect) ? DOUBLE : allowedStyle(text, dialect);
}

/** Of a text in one line (LS and PS aside) that may be plain by its meaning. */
function allowedStyle(text: string, dialect: Dialect): number {
  let indicators = text.startsWith('---') || text.startsWith('...');
  let lineBreaks = false;
  let special = false;
  let tabs = false;
  let breakSpace = false;
  let spaceBreak = false;
  let previousSpace = false;
  let previousBreak = false;
  let precededByWhitespace = true;
  const last = text.length - 1;
  for (let i = 0; i <= last; i++) {
    const c = text.charCodeAt(i);
    switch (c) {
      case 35: // #
        if (precededByWhitespace) indicators = true;
        break;
      case 58: // :
      case 63: // ?
      case 45: // -
        if ((i === 0 || c === 58) && (i === last || text.charCodeAt(i + 1) === 32 || text.charCodeAt(i + 1) === 9))
          indicators = true;
        break;
      case 44: // , [ ] { } & * ! | > ' " % @ `
      case 91:
      case 93:
      case 123:
      case 125:
      case 38:
      case 42:
      case 33:
      case 124:
      case 62:
      case 39:
      case 34:
      case 37:
      case 64:
      case 96:
        if (i === 0) indicators = true;
        break;
      default:
        break;
    }
    if (c === 9 && dialect === 'v3') tabs = true;
    else if (!isPrintable(c)) special = true;
    if (c === 32) {
      if (previousBreak) breakSpace = true;
      previousSpace = true;
      previousBreak = false;
      precededByWhitespace = true;
    } else if (isBreak(c)) {
      lineBreaks = true;
      if (previousSpace) spaceBreak = true;
      previousSpace = false;
      previousBreak = true;
      precededByWhitespace = true;
    } else {
      previousSpace = false;
      previousBreak = false;
      precededByWhitespace = c === 9 || c === 0;
    }
  }
  if (spaceBreak || special) return DOUBLE;
  const trailingSpace = text.charCodeAt(last) === 32;
  if (breakSpace || tabs) return DOUBLE;
  return lineBreaks || indicators || trailingSpace || text.charCodeAt(0) === 32 ? SINGLE : PLAIN;
}
