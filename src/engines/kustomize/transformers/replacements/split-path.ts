import { splitPath } from '../../config/field-spec.ts';

/**
 * A field path in its steps: separated by dots (`\.` for a dot within one), but for those in brackets
 * (`spec.containers.[name=web.x].image`). Brackets without `=` only protect what is in them.
 * @see kyaml utils/pathsplitter.go, SmarterPathSplitter
 */
export function splitFieldPath(path: string): string[] {
  const parts = splitPath(path, '.');
  const result: string[] = [];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (!part.startsWith('[') || part.endsWith(']')) {
      result.push(part);
      continue;
    }
    const bracketed = [part];
    while (at < parts.length - 1) {
      bracketed.push(parts[++at]!);
      if (parts[at]!.endsWith(']')) break;
    }
    const joined = bracketed.join('.');
    result.push(joined.includes('=') ? joined : joined.replace(/^[[\]]+|[[\]]+$/g, ''));
  }
  return result;
}
