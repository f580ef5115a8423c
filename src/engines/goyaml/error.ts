import type { Failure } from '../../core/failure.ts';

/** Why a text is not the YAML that Go's libraries read. `message` is the library's own text. */
export interface YamlError extends Failure {
  readonly reason: 'invalid-yaml';
  /** The 1-based line of the problem. (The line inside `message` is the library's, which is one less for some errors.) */
  readonly line?: number;
}

/** Carries a failure out of the engine's depth; caught at every entry of the engine. */
export class YamlProblem extends Error {
  /** 1-based, or 0 where there is none. */
  readonly line: number;
  constructor(message: string, line = 0) {
    super(message);
    this.line = line;
  }
}

export function yamlError(message: string, line = 0): YamlError {
  return line > 0 ? { reason: 'invalid-yaml', message, line } : { reason: 'invalid-yaml', message };
}

/** Runs `work` and gives what it threw as a failure; deeper nesting than the stack holds is one, too. */
export function catchProblem(thrown: unknown, prefix = ''): YamlError {
  if (thrown instanceof YamlProblem) return yamlError(prefix + thrown.message, thrown.line);
  if (thrown instanceof RangeError && /call stack/.test(thrown.message))
    return yamlError(`${prefix}yaml: exceeded max depth`);
  throw thrown;
}
