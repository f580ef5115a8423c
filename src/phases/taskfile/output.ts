import { quoteGo } from '../../core/go-quote.ts';
import { TaskError } from './errors.ts';
import { lineSink } from './line-sink.ts';
import type { Color, Logger } from './logger.ts';
import type { Sink } from './shell.ts';

/** `interleaved`: as it comes. `group`: a command's output in one piece when it ends. `prefixed`: each line named. */
export interface OutputStyle {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  readonly errorOnly: boolean;
}
export const DEFAULT_OUTPUT: OutputStyle = { name: '', begin: '', end: '', errorOnly: false };

/** The sinks of one command, and what to do when it has ended. */
export interface CommandOutput {
  readonly stdout: Sink;
  readonly stderr: Sink | 'stdout';
  close(failed: boolean): void;
}

export interface Output {
  /** @param render turns the group's templated texts into text */
  open(prefix: string, render: (template: string) => string): CommandOutput;
}

/**
 * @param direct hand the process's own descriptors to commands (they then see the terminal)
 * @throws TaskError where the style is unknown, or has settings that it does not take
 */
export function outputFor(style: OutputStyle, logger: Logger, direct: boolean): Output {
  switch (style.name) {
    case '':
    case 'interleaved':
      refuseGroup(style);
      return interleaved(logger, direct);
    case 'group':
      return group(style, logger);
    case 'prefixed':
      refuseGroup(style);
      return prefixed(logger);
    default:
      throw new TaskError(`task: output style ${quoteGo(style.name)} not recognized`);
  }
}

function refuseGroup(style: OutputStyle): void {
  if (style.begin !== '' || style.end !== '')
    throw new TaskError(`task: output style ${quoteGo(style.name)} does not support the group begin/end parameter`);
}

export function interleaved(logger: Logger, direct: boolean): Output {
  const { stdout, stderr } = logger.streams;
  const output: CommandOutput = {
    stdout: direct ? 'inherit' : (text) => stdout.write(text),
    stderr: direct ? 'inherit' : (text) => stderr.write(text),
    close: () => undefined,
  };
  return { open: () => output };
}

function group(style: OutputStyle, logger: Logger): Output {
  return {
    open(_prefix, render) {
      let held = '';
      const begin = style.begin === '' ? '' : `${render(style.begin)}\n`;
      const end = style.end === '' ? '' : `${render(style.end)}\n`;
      return {
        stdout: (text) => {
          held += text;
        },
        stderr: 'stdout',
        close(failed) {
          if (held === '' || (style.errorOnly && !failed)) return;
          logger.streams.stdout.write(begin + held + end);
        },
      };
    },
  };
}

const PREFIX_COLORS: readonly Color[] = [
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'green',
  'red',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightGreen',
  'brightRed',
];

function prefixed(logger: Logger): Output {
  const seen = new Map<string, number>();
  return {
    open(prefix) {
      const lines = lineSink((text) => {
        const index = seen.get(prefix) ?? seen.size;
        seen.set(prefix, index);
        const name = logger.paint(PREFIX_COLORS[index % PREFIX_COLORS.length] ?? 'default', prefix);
        logger.streams.stdout.write(`[${name}] ${text}\n`);
      });
      return { stdout: lines.write, stderr: 'stdout', close: lines.end };
    },
  };
}
