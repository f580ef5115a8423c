import type { SopsMetadata } from './metadata.ts';

/**
 * Whether what stands at a place of a file is encrypted.
 * @param path the keys that lead there; lists do not count
 * @param comments for the root and each mapping and list on the way: the comments before what is looked at
 */
export type CryptRule = (
  path: readonly string[],
  comments: readonly (readonly string[])[],
  isComment: boolean,
) => boolean;

/** The rule of a file, which sops follows whatever the values look like. @see getsops/sops sops.go, shouldBeEncrypted */
export async function cryptRule({ rule: { kind, value } }: SopsMetadata): Promise<CryptRule> {
  if (kind === 'unencrypted_suffix') return (path) => !path.some((key) => key.endsWith(value));
  if (kind === 'encrypted_suffix') return (path) => path.some((key) => key.endsWith(value));
  const matches = await matcher(value);
  if (kind === 'unencrypted_regex') return (path) => !path.some(matches);
  if (kind === 'encrypted_regex') return (path) => path.some(matches);
  if (kind === 'unencrypted_comment_regex') return (_, comments) => !comments.some((lines) => lines.some(matches));
  return (_, comments, isComment) => {
    const last = comments.length - 1;
    return comments.some((lines, level) =>
      // The comment that says it is left as it is; an earlier one encrypts it, too.
      lines.some((line, at) => !(isComment && level === last && at === lines.length - 1) && matches(line)),
    );
  };
}

/** An expression that cannot be read matches nothing. What was answered for a key is kept: they come again and again. */
async function matcher(expression: string): Promise<(text: string) => boolean> {
  const { RE2JS } = await import('re2js');
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(expression);
  } catch {
    return () => false;
  }
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      answer = compiled.matcher(text).find();
      known.set(text, answer);
    }
    return answer;
  };
}
