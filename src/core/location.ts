/** A place in a text that a person wrote. */
export interface Location {
  /** Path relative to the workspace (or to the engine's root), with `/`. */
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in characters. */
  readonly column?: number;
}

/** `file:line:column`, as compilers print it and editors follow it. */
export function formatLocation(at: Location): string {
  if (at.line === undefined) return at.file;
  return at.column === undefined ? `${at.file}:${at.line}` : `${at.file}:${at.line}:${at.column}`;
}
