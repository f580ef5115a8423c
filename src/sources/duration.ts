const UNITS = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** A Go duration (`1h30m`, `1.5s`) in milliseconds, or `undefined` where the text is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text))
    return /^[+-]?0$/.test(text) ? 0 : undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    sum += Number(number) * UNITS.get(unit!)!;
  return text.startsWith('-') ? -sum : sum;
}
