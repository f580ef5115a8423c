import { writeSync } from 'node:fs';

/** Standard output or standard error of this process, as far as commands use it. */
export interface StandardStream {
  readonly fd: number;
  readonly isTTY: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): void;
}

/**
 * Standard output or error, written to as it is: a command's text is there whole, and Node's own streams take some milliseconds
 * to load. They are used where somebody asks for the terminal, where the descriptor does not wait for its reader, and on Windows,
 * whose console wants more than bytes.
 * @param closed called when the reader has gone
 */
export function standardStream(fd: 1 | 2, closed: () => void): StandardStream {
  let stream: NodeJS.WriteStream | undefined;
  const nodes = (): NodeJS.WriteStream => {
    if (stream !== undefined) return stream;
    stream = fd === 1 ? process.stdout : process.stderr;
    return stream.on('error', failed);
  };
  const failed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    closed();
  };
  let direct = process.platform !== 'win32';
  return {
    fd,
    get isTTY() {
      return nodes().isTTY === true;
    },
    get columns() {
      return nodes().columns;
    },
    write(text) {
      let rest: Uint8Array = typeof text === 'string' ? Buffer.from(text) : text;
      try {
        while (direct && rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return failed(error as NodeJS.ErrnoException);
        direct = false;
      }
      if (rest.length > 0) nodes().write(rest);
    },
  };
}
