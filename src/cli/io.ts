/** What a command sees of the process that runs it: tests hand in their own. */
export interface Io {
  readonly stdout: { write(text: string | Uint8Array): void; readonly isTTY?: boolean; readonly fd?: number };
  readonly stderr: {
    write(text: string): void;
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly fd?: number;
  };
  /** All that standard input holds; the process's own where there is none. */
  readonly stdin?: () => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  exitCode: number;
  /** The arguments as they were given, where this run may be kept and given again. */
  readonly argv?: readonly string[];
}
