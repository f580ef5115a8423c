/** Text that comes in pieces, handed on by lines. */
export interface LineSink {
  write(text: string): void;
  /** Hands on what no line break ended. */
  end(): void;
}

export function lineSink(log: (line: string) => void): LineSink {
  let held = '';
  return {
    write(text) {
      const lines = (held + text).split('\n');
      held = lines.pop() ?? '';
      lines.forEach(log);
    },
    end() {
      if (held !== '') log(held);
      held = '';
    },
  };
}
