import type { YamlValue } from '../../core/value.ts';
import type { Glob } from './globs.ts';
import type { OutputStyle } from './output.ts';

/** Such a part while it is decoded. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A variable: a value, a command whose output it is (`sh`), or a reference (`ref`). */
export interface Variable {
  readonly value?: YamlValue;
  readonly sh?: string;
  readonly ref?: string;
  /** Where `sh` runs, where an include set one. Absolute. */
  readonly directory?: string;
  /** The value is a moment (ISO 8601), which templates see as Go's `time.Time`. */
  readonly moment?: boolean;
  /** Shown as `*****` in what is logged. */
  readonly secret?: boolean;
}
/** In the order of the text; setting a name again keeps its place. */
export type Variables = Map<string, Variable>;

export interface Platform {
  readonly os: string;
  readonly arch: string;
}

export interface MatrixRow {
  readonly ref: string;
  readonly values: readonly YamlValue[];
}

/** What a command or dependency repeats over. */
export interface Loop {
  /** `sources` or `generates`. */
  readonly from: string;
  readonly list: readonly YamlValue[];
  readonly matrix: ReadonlyMap<string, MatrixRow>;
  readonly variable: string;
  readonly split: string;
  readonly as: string;
}

export interface Command {
  readonly cmd: string;
  /** `cmd` with secrets masked; set when the command is compiled. */
  readonly logCmd: string;
  readonly task: string;
  /** A built-in or declared phase to run: `phase: build`. */
  readonly phase: string;
  readonly loop?: Loop;
  readonly condition: string;
  readonly silent: boolean;
  readonly set: readonly string[];
  readonly shopt: readonly string[];
  readonly variables: Variables;
  readonly ignoreError: boolean;
  readonly defer: boolean;
  readonly platforms: readonly Platform[];
  /** Milliseconds; 0 for none. */
  readonly timeoutMs: number;
}

export interface Dependency {
  readonly task: string;
  readonly loop?: Loop;
  readonly variables: Variables;
  readonly silent: boolean;
  readonly timeoutMs: number;
}

export interface Precondition {
  readonly sh: string;
  readonly message: string;
}

export interface RequiredVariable {
  readonly name: string;
  readonly allowed: readonly string[];
  readonly allowedRef: string;
}

/** Where a task is written. `file` is absolute. */
export interface TaskLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Task {
  /** The full name, namespaces included. */
  readonly name: string;
  readonly commands: readonly Command[];
  readonly dependencies: readonly Dependency[];
  readonly label: string;
  readonly description: string;
  readonly prompts: readonly string[];
  readonly summary: string;
  readonly requires: readonly RequiredVariable[];
  readonly aliases: readonly string[];
  readonly sources: readonly Glob[];
  readonly generates: readonly Glob[];
  readonly status: readonly string[];
  readonly preconditions: readonly Precondition[];
  readonly directory: string;
  readonly set: readonly string[];
  readonly shopt: readonly string[];
  readonly variables: Variables;
  readonly environment: Variables;
  readonly dotenv: readonly string[];
  readonly silent?: boolean;
  readonly interactive: boolean;
  readonly internal: boolean;
  readonly method: string;
  readonly prefix: string;
  readonly ignoreError: boolean;
  readonly useGitignore?: boolean;
  readonly run: string;
  readonly platforms: readonly Platform[];
  readonly condition: string;
  readonly watch: boolean;
  readonly failfast: boolean;
  /** Objects (`HelmRelease/apps/web`) whose rendered output the task reads. */
  readonly needs: readonly string[];
  readonly location: TaskLocation;
  readonly namespace: string;
  /** Variables that the `includes` entry passes. */
  readonly includeVariables: Variables;
  /** Variables of the included Taskfile. */
  readonly includedVariables: Variables;
}

export interface Include {
  readonly namespace: string;
  readonly taskfile: string;
  readonly directory: string;
  readonly optional: boolean;
  readonly internal: boolean;
  readonly flatten: boolean;
  readonly aliases: readonly string[];
  readonly excludes: readonly string[];
  /** Written as a mapping: its tasks run in `directory`. */
  readonly advanced: boolean;
  readonly variables: Variables;
  readonly checksum: string;
}

export interface Taskfile {
  /** Absolute path of the file. */
  readonly location: string;
  readonly version: string;
  readonly output: OutputStyle;
  readonly method: string;
  readonly includes: readonly Include[];
  readonly set: readonly string[];
  readonly shopt: readonly string[];
  readonly variables: Variables;
  readonly environment: Variables;
  readonly tasks: Map<string, Task>;
  readonly silent: boolean;
  readonly dotenv: readonly string[];
  readonly run: string;
  readonly intervalMs: number;
  readonly useGitignore?: boolean;
}

/** The name that messages show. */
export function displayName(task: { label: string; fullName?: string; name: string }): string {
  return task.label || task.fullName || task.name;
}
