import { posix } from 'node:path';
import { HelmError } from './failure.ts';
import { BAD_PATTERN, matchFile } from './file-match.ts';

interface Pattern {
  readonly negate: boolean;
  readonly mustBeDirectory: boolean;
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
    for (const line of text.replace(/^\uFEFF/, '').split('\n')) this.#add(line);
    this.#add('templates/.?*');
  }

  #add(line: string): void {
    let rule = line.trim();
    if (rule === '' || rule.startsWith('#')) return;
    if (rule.includes('**')) throw new HelmError('chart-invalid', 'double-star (**) syntax is not supported');
    if (matchFile(rule, 'abc') === undefined) throw new HelmError('chart-invalid', BAD_PATTERN);
    const negate = rule.startsWith('!');
    if (negate) rule = rule.slice(1);
    const mustBeDirectory = rule.endsWith('/');
    if (mustBeDirectory) rule = rule.slice(0, -1);
    const whole = rule.startsWith('/') ? rule.slice(1) : rule;
    const matches =
      rule.startsWith('/') || rule.includes('/')
        ? (path: string): boolean => matchFile(whole, path) === true
        : (path: string): boolean => matchFile(rule, posix.basename(path)) === true;
    this.#patterns.push({ negate, mustBeDirectory, matches });
  }

  /** @param path relative to the chart */
  ignores(path: string, isDirectory: boolean): boolean {
    for (const pattern of this.#patterns) {
      if (pattern.negate) {
        if (pattern.mustBeDirectory && !isDirectory) return true;
        if (!pattern.matches(path)) return true;
        continue;
      }
      if (pattern.mustBeDirectory && !isDirectory) continue;
      if (pattern.matches(path)) return true;
    }
    return false;
  }
}
