import { HelmError } from './failure.ts';
import { BAD_PATTERN, matchFile } from './file-match.ts';
import { trimGo } from './go-text.ts';

interface Pattern {
  readonly negate: boolean;
  readonly mustBeDirectory: boolean;
  /** Held against the path, not its last part. */
  readonly ofWhole: boolean;
  readonly matches: (path: string) => boolean;
}

/**
 * The rules of a `.helmignore`. They are not git's: the first rule that matches decides, `!` means "all but", `**` is refused,
 * and a rule without `/` is held against the last part of the path.
 * @see Helm pkg/ignore/rules.go
 */
export class IgnoreRules {
  readonly #patterns: Pattern[] = [];

  /** @param text the file's content; empty for none. The default rule (dotfiles of `templates/`) is added at the end. */
  constructor(text = '') {
    for (const line of (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n')) this.#add(line);
    this.#add('templates/.?*');
  }

  #add(line: string): void {
    let rule = trimGo(line);
    if (rule === '' || rule.startsWith('#')) return;
    if (rule.includes('**')) throw new HelmError('chart-invalid', 'double-star (**) syntax is not supported');
    if ((rule.includes('[') || rule.includes('\\')) && matchFile(rule, 'abc') === undefined)
      throw new HelmError('chart-invalid', BAD_PATTERN);
    const negate = rule.startsWith('!');
    if (negate) rule = rule.slice(1);
    const mustBeDirectory = rule.endsWith('/');
    if (mustBeDirectory) rule = rule.slice(0, -1);
    const whole = rule.startsWith('/') ? rule.slice(1) : rule;
    this.#patterns.push({ negate, mustBeDirectory, ofWhole: rule.includes('/'), matches: matcher(whole) });
  }

  /** @param path relative to the chart */
  ignores(path: string, isDirectory: boolean): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const patterns = this.#patterns;
    for (let at = 0; at < patterns.length; at++) {
      const pattern = patterns[at]!;
      if (pattern.negate) {
        if (pattern.mustBeDirectory && !isDirectory) return true;
        if (!pattern.matches(pattern.ofWhole ? path : name)) return true;
        continue;
      }
      if (pattern.mustBeDirectory && !isDirectory) continue;
      if (pattern.matches(pattern.ofWhole ? path : name)) return true;
    }
    return false;
  }
}

const isPattern = (text: string): boolean =>
  text.includes('*') || text.includes('?') || text.includes('[') || text.includes('\\');

/** Rules are held against every file of a chart, and nearly all are a name, or `*` and an ending. */
function matcher(pattern: string): (path: string) => boolean {
  if (!isPattern(pattern)) return (path) => path === pattern;
  const ending = pattern.slice(1);
  if (pattern.startsWith('*') && !isPattern(ending))
    return (path) => path.endsWith(ending) && path.lastIndexOf('/', path.length - ending.length - 1) < 0;
  return (path) => matchFile(pattern, path) === true;
}
