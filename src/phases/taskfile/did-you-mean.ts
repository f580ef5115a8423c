/** How far (in deletions) a suggestion may be from what was typed. */
const DEPTH = 2;

/**
 * The name that a person most likely meant, or `''`. The same guess as go-task's, which trains a spelling model of depth 2
 * and threshold 1 on all names and takes its best suggestion.
 * @see https://github.com/sajari/fuzzy/blob/v1.0.0/fuzzy.go, SpellCheck
 */
export function didYouMean(input: string, names: readonly string[]): string {
  const counts = new Map<string, number>();
  const suggest = new Map<string, string[]>();
  for (const name of names) {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count !== 1) continue;
    for (const edit of edits(name)) {
      if (edit.length <= 1) continue;
      const known = suggest.get(edit);
      if (known === undefined) suggest.set(edit, [name]);
      else if (!known.includes(name)) known.push(name);
    }
  }
  return best(input, potentials(input.toLowerCase(), counts, suggest));
}

interface Potential {
  readonly term: string;
  readonly score: number;
  readonly distance: number;
}

function potentials(
  input: string,
  counts: ReadonlyMap<string, number>,
  suggest: ReadonlyMap<string, readonly string[]>,
): Potential[] {
  const found = new Map<string, Potential>();
  const add = (term: string): void => {
    if (!found.has(term)) found.set(term, { term, score: counts.get(term) ?? 0, distance: levenshtein(input, term) });
  };
  if ((counts.get(input) ?? 0) > 1) return [{ term: input, score: counts.get(input) ?? 0, distance: 0 }];
  const direct = suggest.get(input);
  if (direct !== undefined) {
    direct.forEach(add);
    return [...found.values()];
  }
  const inputEdits = edits(input);
  for (const edit of inputEdits) if (edit.length > 2 && (counts.get(edit) ?? 0) > 0) add(edit);
  if (found.size > 0) return [...found.values()];
  for (const edit of inputEdits)
    for (const term of suggest.get(edit) ?? []) if (levenshtein(input, term) <= DEPTH + 1) add(term);
  return [...found.values()];
}

function best(input: string, all: readonly Potential[]): string {
  let score = 0;
  let term = '';
  for (let distance = 0; distance < 4; distance++) {
    for (const potential of all) {
      if (potential.distance === 0) return potential.term;
      if (potential.distance !== distance) continue;
      const value = potential.score + (potential.term.charAt(0) === input.charAt(0) ? 100 : 0);
      if (value > score) {
        score = value;
        term = potential.term;
      }
    }
    if (score > 0) return term;
  }
  return term;
}

/** All texts that one or two deletions make. Bounded: names are cut to 64 characters first. */
function edits(word: string): Set<string> {
  const all = new Set(oneDeletion(word.slice(0, 64)));
  for (const edit of [...all]) for (const second of oneDeletion(edit)) all.add(second);
  return all;
}

function oneDeletion(word: string): string[] {
  const made: string[] = [];
  for (let at = 0; at <= word.length; at++) made.push(word.slice(0, at) + word.slice(at + 1));
  if (word.endsWith('ies')) made.push(`${word.slice(0, -3)}ys`);
  if (word.endsWith('ys')) made.push(`${word.slice(0, -2)}ies`);
  return made;
}

function levenshtein(a: string, b: string): number {
  let row = Array.from({ length: a.length + 1 }, (_, at) => at);
  for (let i = 1; i <= b.length; i++) {
    const next = [i];
    for (let j = 1; j <= a.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[j - 1] === b[i - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[a.length] ?? 0;
}
