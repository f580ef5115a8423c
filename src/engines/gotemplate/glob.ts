import { RE2JS } from 're2js';

/**
 * Patterns of `.Files.Glob`, with `/` as the separator: `*` and `?` stay within a name, `**` does not; `[a-z]`, `[!a-z]`,
 * `{one,two}`, `\x`. `undefined` where the pattern is wrong.
 * @see github.com/gobwas/glob syntax/lexer, syntax/ast
 */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const regex = translate(pattern);
  if (regex === undefined) return undefined;
  const compiled = RE2JS.compile(`^(?:${regex})$`, RE2JS.DOTALL);
  return (name) => compiled.matcher(name).matches();
}

const quote = (char: string): string => (/[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char);

function translate(pattern: string): string | undefined {
  const chars = [...pattern];
  let out = '';
  let depth = 0;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    switch (char) {
      case '\\':
        if (++i >= chars.length) return out;
        out += quote(chars[i]!);
        break;
      case '*':
        if (chars[i + 1] === '*') {
          i++;
          out += '.*';
        } else out += '[^/]*';
        break;
      case '?':
        out += '[^/]';
        break;
      case '{':
        depth++;
        out += '(?:';
        break;
      case '}':
        if (depth > 0) {
          depth--;
          out += ')';
        } else out += '\\}';
        break;
      case ',':
        out += depth > 0 ? '|' : ',';
        break;
      case '[': {
        const found = range(chars, i + 1);
        if (found === undefined) return undefined;
        out += found.regex;
        i = found.last;
        break;
      }
      default:
        out += quote(char);
    }
  }
  return out + ')'.repeat(depth);
}

/** `a-z]` or `abc]` after a bracket. */
function range(chars: readonly string[], start: number): { readonly regex: string; readonly last: number } | undefined {
  let at = start;
  const not = chars[at] === '!';
  if (not) at++;
  if (chars[at + 1] === '-' && chars[at] !== undefined) {
    const [low, , high, close] = chars.slice(at, at + 4);
    if (high === undefined || close !== ']' || low!.codePointAt(0)! > high.codePointAt(0)!) return undefined;
    return { regex: `[${not ? '^' : ''}${quote(low!)}-${quote(high)}]`, last: at + 3 };
  }
  let set = '';
  for (; at < chars.length && chars[at] !== ']'; at++) {
    if (chars[at] === '\\') at++;
    if (chars[at] === undefined) return undefined;
    set += quote(chars[at]!);
  }
  if (at >= chars.length || set === '') return undefined;
  return { regex: `[${not ? '^' : ''}${set}]`, last: at };
}
