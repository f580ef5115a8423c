function isLetter(c: number): boolean {
  if (c < 128) return (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
  return /\p{L}/u.test(String.fromCodePoint(c));
}

function isDigit(c: number): boolean {
  return c < 128 ? c >= 48 && c <= 57 : /\p{Nd}/u.test(String.fromCodePoint(c));
}

/**
 * The order in which go-yaml.v2 writes keys: letters behind other characters, runs of digits by their number.
 * @see go.yaml.in/yaml/v2 sorter.go, keyList.Less
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 128 || y >= 128) return compareCharacters([...a], [...b]);
    const xLetter = (x >= 97 && x <= 122) || (x >= 65 && x <= 90);
    const yLetter = (y >= 97 && y <= 122) || (y >= 65 && y <= 90);
    if (xLetter && yLetter) return x - y;
    if (xLetter || yLetter) return yLetter ? -1 : 1;
    if (!(x >= 48 && x <= 57) && !(y >= 48 && y <= 57)) return x - y;
    return compareCharacters([...a], [...b]);
  }
  return a.length - b.length;
}

/** The order of go-yaml.v3, in which a letter stands before a character behind equal digits. */
export function compareKeysV3(a: string, b: string): number {
  return compareCharacters([...a], [...b], true);
}

function compareCharacters(a: string[], b: string[], v3 = false): number {
  const x = a.map((character) => character.codePointAt(0)!);
  const y = b.map((character) => character.codePointAt(0)!);
  const length = Math.min(x.length, y.length);
  let digits = false;
  for (let i = 0; i < length; i++) {
    const xi = x[i]!;
    const yi = y[i]!;
    if (xi === yi) {
      digits = isDigit(xi);
      continue;
    }
    const xLetter = isLetter(xi);
    const yLetter = isLetter(yi);
    if (xLetter && yLetter) return xi - yi;
    if (xLetter || yLetter) return (v3 && digits ? xLetter : yLetter) ? -1 : 1;
    return compareNumbers(x, y, i);
  }
  return x.length - y.length;
}

function compareNumbers(x: number[], y: number[], i: number): number {
  let xNumber = 0n;
  let yNumber = 0n;
  if (x[i] === 48 || y[i] === 48)
    // A zero counts where digits stand before it.
    for (let j = i - 1; j >= 0 && isDigit(x[j]!); j--)
      if (x[j] !== 48) {
        xNumber = 1n;
        yNumber = 1n;
        break;
      }
  let xEnd = i;
  let yEnd = i;
  for (; xEnd < x.length && isDigit(x[xEnd]!); xEnd++)
    xNumber = BigInt.asIntN(64, xNumber * 10n + BigInt(x[xEnd]! - 48));
  for (; yEnd < y.length && isDigit(y[yEnd]!); yEnd++)
    yNumber = BigInt.asIntN(64, yNumber * 10n + BigInt(y[yEnd]! - 48));
  if (xNumber !== yNumber) return xNumber < yNumber ? -1 : 1;
  if (xEnd !== yEnd) return xEnd - yEnd;
  return x[i]! - y[i]!;
}

/** Sorts in place. Keys are few and often in order already, for which insertion is the fastest. */
export function sortKeys(keys: string[], compare: (a: string, b: string) => number): string[] {
  if (keys.length > 32) return keys.sort(compare);
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let j = i - 1;
    while (j >= 0 && compare(keys[j]!, key) > 0) {
      keys[j + 1] = keys[j]!;
      j--;
    }
    keys[j + 1] = key;
  }
  return keys;
}
