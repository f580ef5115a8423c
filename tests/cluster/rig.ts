import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import { type Ran, recordedIo } from '../recorded-io.ts';

export const EXAMPLE = join(import.meta.dirname, '../../examples/cluster');

/** A directory of its own for a test, with the command to run in it. */
export class Rig {
  readonly root = mkdtempSync(join(tmpdir(), 'flux-local-rig-'));
  readonly directory = join(this.root, 'cluster');

  constructor() {
    mkdirSync(this.directory);
  }

  static example(): Rig {
    const rig = new Rig();
    cpSync(EXAMPLE, rig.directory, { recursive: true });
    return rig;
  }

  write(path: string, text: string | Uint8Array): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  async run(...argv: string[]): Promise<Ran> {
    return run(this.directory, argv);
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Runs a command line in this process. */
export async function run(cwd: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const { io, ran } = recordedIo(cwd, { PATH: process.env.PATH, HOME: process.env.HOME, ...env });
  await main(argv, io);
  return ran();
}
