/**
 * How long a property is tried, for `fc.assert`. A test run is to give the same answer each time, so it draws the same cases;
 * `FUZZ=20 npm test` tries twenty times as many, of a new seed, which is how new faults are looked for.
 *
 * @param numRuns how many cases a test run draws.
 */
export function fuzz(numRuns: number): { readonly numRuns: number; readonly seed?: number } {
  const times = Number(process.env.FUZZ ?? 0);
  return times > 0 ? { numRuns: numRuns * times } : { numRuns, seed: 42 };
}
