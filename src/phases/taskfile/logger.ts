/** Where the run's own lines go. */
export interface Streams {
  readonly stdout: { write(text: string): void; readonly isTTY?: boolean; readonly fd?: number };
  readonly stderr: { write(text: string): void; readonly isTTY?: boolean; readonly fd?: number };
}

export type Color =
  | 'default'
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'
  | 'brightRed'
  | 'brightGreen'
  | 'brightYellow'
  | 'brightBlue'
  | 'brightMagenta'
  | 'brightCyan';

const CODES: Readonly<Record<Color, { readonly code: string; readonly variable: string }>> = {
  default: { code: '0', variable: 'RESET' },
  red: { code: '31', variable: 'RED' },
  green: { code: '32', variable: 'GREEN' },
  yellow: { code: '33', variable: 'YELLOW' },
  blue: { code: '34', variable: 'BLUE' },
  magenta: { code: '35', variable: 'MAGENTA' },
  cyan: { code: '36', variable: 'CYAN' },
  brightRed: { code: '91', variable: 'BRIGHT_RED' },
  brightGreen: { code: '92', variable: 'BRIGHT_GREEN' },
  brightYellow: { code: '93', variable: 'BRIGHT_YELLOW' },
  brightBlue: { code: '94', variable: 'BRIGHT_BLUE' },
  brightMagenta: { code: '95', variable: 'BRIGHT_MAGENTA' },
  brightCyan: { code: '96', variable: 'BRIGHT_CYAN' },
};

/** Prints the run's own lines, in colours where they are wanted (`TASK_COLOR_<NAME>` changes one). */
export class Logger {
  readonly streams: Streams;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(
    streams: Streams,
    options: { verbose: boolean; color: boolean; environment: Readonly<Record<string, string | undefined>> },
  ) {
    this.streams = streams;
    this.verbose = options.verbose;
    this.color = options.color;
    this.#environment = options.environment;
  }

  paint(color: Color, text: string): string {
    if (!this.color) return text;
    const { code, variable } = CODES[color];
    const own = this.#environment[`TASK_COLOR_${variable}`] ?? '';
    const rgb = /^\d+,\d+,\d+$/.test(own) ? `38;2;${own.replaceAll(',', ';')}` : undefined;
    const used = rgb ?? (/^\d+(;\d+)*$/.test(own) ? own : code);
    return `\x1b[${used}m${text}\x1b[0m`;
  }

  out(color: Color, text: string): void {
    this.streams.stdout.write(this.paint(color, text));
  }

  err(color: Color, text: string): void {
    this.streams.stderr.write(this.paint(color, text));
  }

  verboseOut(color: Color, text: string): void {
    if (this.verbose) this.out(color, text);
  }

  verboseErr(color: Color, text: string): void {
    if (this.verbose) this.err(color, text);
  }
}
