/** Letters that lose more than a mark when written in ASCII. */
const LETTERS = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ł', 'l'],
  ['ı', 'i'],
  ['&', 'and'],
  ['@', 'at'],
]);
const MAX_LENGTH = 63;

/**
 * A text as a Kubernetes label value: lower-case ASCII letters, digits, `_` and `-`, at most 63 of them, cut between words. Scripts
 * other than Latin are left out (ResourceSets of the real operator spell them in Latin letters).
 */
export function slugify(text: string): string {
  let ascii = '';
  for (const letter of text.toLowerCase().normalize('NFKD')) ascii += LETTERS.get(letter) ?? letter;
  const slug = ascii
    .replace(/[\u0300-\u036f'’"“”]/g, '')
    .replace(/[^a-z0-9_-]/g, '-')
    .replace(/-+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '');
  if (slug.length <= MAX_LENGTH) return slug;
  const cut = slug.slice(0, MAX_LENGTH + 1).lastIndexOf('-');
  return slug.slice(0, cut > 0 ? cut : MAX_LENGTH).replace(/[-_]+$/, '');
}
