import { isLower, isSpaceRune, isUpper, lowerRune, titleRune, upperRune } from '../go-string.ts';

/** Camel, snake and kebab case. @see github.com/huandu/xstrings v1.5.0, convert.go */

const code = (char: string): number => char.codePointAt(0)!;
const isRaw = (char: string): boolean => char.length === 1 && code(char) >= 0xd800 && code(char) <= 0xdfff;
const isConnector = (char: string): boolean => char === '-' || char === '_' || isSpaceRune(code(char));
const isPunct = (char: string): boolean => /^\p{P}$/u.test(char);
const isNumber = (char: string): boolean => /^\p{N}$/u.test(char);
/** A letter of a script that has words: not of Chinese, Japanese or Korean. */
function isAlphabet(char: string): boolean {
  if (!/^\p{L}$/u.test(char)) return false;
  const c = code(char);
  return !((c >= 0x4e00 && c <= 0x9fcc) || (c >= 0x3400 && c <= 0x4d85) || (c >= 0x20000 && c <= 0x2b81d));
}

/** `some words` to `SomeWords`. */
export function camelCase(text: string): string {
  const runes = [...text].map((char) => (isRaw(char) ? '\ufffd' : char));
  if (runes.length === 0) return '';
  let out = '';
  let at = 0;
  let firstUpper = false;
  let current = '';
  while (at < runes.length) {
    current = runes[at++]!;
    if (!isConnector(current)) {
      firstUpper = isUpper(current);
      current = upperRune(current);
      break;
    }
    out += current;
  }
  if (at >= runes.length) {
    // A text of connectors alone has its last one twice, as it has in Go.
    return out + current;
  }
  let before: string;
  while (at < runes.length) {
    before = current;
    current = runes[at++]!;
    if (isConnector(current) && isConnector(before)) {
      out += before;
      continue;
    }
    if (isConnector(before)) {
      firstUpper = isUpper(current);
      current = upperRune(current);
    } else {
      if (firstUpper) {
        if (isUpper(current)) current = lowerRune(current);
        else firstUpper = false;
      }
      out += before;
    }
  }
  return out + current;
}

type WordType = 'invalid' | 'number' | 'upper' | 'alphabet' | 'connector' | 'punct' | 'other';

/** What decoding a rune gives for a byte that is none; the character itself is taken for one too. */
const isInvalid = (char: string): boolean => isRaw(char) || char === '\ufffd';

/** The word at `at`: its kind and where it ends. What is no rune belongs to the word that it ends, or to what follows it. */
function nextWord(runes: readonly string[], at: number): [WordType, number] {
  if (at >= runes.length) return ['invalid', at];
  /** The rune from `from` on that is one, and where the next begins; of none the one before stands for the rest. */
  const valid = (from: number, before: string): [string, number] => {
    for (let i = from; i < runes.length; i++) if (!isInvalid(runes[i]!)) return [runes[i]!, i + 1];
    return [before, runes.length];
  };
  const [char, first] = valid(at, '\ufffd');
  if (char === '\ufffd') return ['invalid', first];
  let end = first;
  let last = char;
  const run = (test: (char: string) => boolean): number => {
    while (end < runes.length) {
      const [next, after] = valid(end, last);
      last = next;
      if (!test(next)) break;
      end = after;
    }
    return end;
  };
  if (isConnector(char)) return ['connector', run(isConnector)];
  if (isPunct(char)) return ['punct', run(isPunct)];
  if (isUpper(char)) {
    if (end >= runes.length) return ['upper', end];
    const [next] = valid(end, char);
    if (isUpper(next)) {
      let before = end;
      run((c) => {
        if (!isUpper(c)) return false;
        before = end;
        return true;
      });
      if (end < runes.length && isAlphabet(last)) end = before;
    } else if (isAlphabet(next)) run((c) => isAlphabet(c) && !isUpper(c));
    return ['upper', end];
  }
  if (isAlphabet(char)) return ['alphabet', run((c) => isAlphabet(c) && !isUpper(c))];
  if (isNumber(char)) return ['number', run(isNumber)];
  return ['other', run((c) => !isConnector(c) && !isAlphabet(c) && !isNumber(c) && !isPunct(c))];
}

/** `SomeWords` to `some_words`. */
export function snakeCase(text: string, connector: string): string {
  const runes = [...text];
  if (runes.length === 0) return '';
  let out = '';
  let type: WordType;
  let word: readonly string[];
  let at = 0;
  const next = (): void => {
    const [found, end] = nextWord(runes, at);
    type = found;
    word = runes.slice(at, end);
    at = end;
  };
  const lower = (kind: WordType, chars: readonly string[]): void => {
    if (kind !== 'upper' && kind !== 'connector') {
      out += chars.join('');
      return;
    }
    for (const char of chars)
      out += isRaw(char) ? '\ufffd' : isConnector(char) ? connector : isUpper(char) ? lowerRune(char) : char;
  };
  next();
  while (at < runes.length) {
    if (type! !== 'connector') lower(type!, word!);
    const before: WordType = type!;
    const last = word!;
    next();
    switch (before) {
      case 'number':
        while (type! === 'alphabet' || (type! as WordType) === 'number') {
          lower(type!, word!);
          next();
        }
        if (type! !== 'invalid' && type! !== 'punct' && type! !== 'connector') out += connector;
        break;
      case 'connector':
        lower(before, last);
        break;
      case 'punct':
        break;
      default: {
        if (type! !== 'number') {
          if (type! !== 'connector' && type! !== 'punct') out += connector;
          break;
        }
        if (at >= runes.length) break;
        const digits = word!;
        next();
        if ((type! as WordType) !== 'alphabet') {
          lower('number', digits);
          if ((type! as WordType) !== 'connector' && (type! as WordType) !== 'punct') out += connector;
          break;
        }
        out += connector;
        lower('number', digits);
        while ((type! as WordType) === 'alphabet' || (type! as WordType) === 'number') {
          lower(type!, word!);
          next();
        }
        if ((type! as WordType) !== 'invalid' && (type! as WordType) !== 'connector' && (type! as WordType) !== 'punct')
          out += connector;
      }
    }
  }
  lower(type!, word!);
  return out;
}

/** @see github.com/Masterminds/goutils wordutils.go, SwapCase */
export function swapCase(text: string): string {
  let out = '';
  let space = true;
  for (const raw of text) {
    const char = isRaw(raw) ? '\ufffd' : raw;
    if (isUpper(char) || /^\p{Lt}$/u.test(char)) {
      out += lowerRune(char);
      space = false;
    } else if (isLower(char)) {
      out += space ? titleRune(char) : upperRune(char);
      space = false;
    } else {
      space = isSpaceRune(code(char));
      out += char;
    }
  }
  return out;
}
