import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { fromBytes } from '../engines/gotemplate/go-string.ts';
import { composeValues, type HelmVersion, type ValuesOptions } from '../engines/helm/index.ts';
import type { Io } from './io.ts';
import { systemError } from './system-error.ts';

/**
 * The values of `-f` and the `--set` family. Files may be paths, `-` (standard input, once) or http(s) addresses.
 * @param fetchText what is at an address, or why it is not to be had
 */
export async function gatherValues(
  options: ValuesOptions,
  helmVersion: HelmVersion,
  io: Io,
  fetchText: (url: string) => Promise<Result<string, string>>,
): Promise<Result<YamlMap, string>> {
  const fetched = new Map<string, Result<string, string>>();
  let standardInput: string | undefined;
  for (;;) {
    let wanted: string | undefined;
    let taken = false;
    const values = composeValues(
      options,
      (file) => {
        if (file.trim() === '-') {
          standardInput ??= readStandardInput(io);
          const text = taken ? '' : standardInput;
          taken = true;
          return ok(text);
        }
        if (!/^https?:/i.test(file)) return readText(file, io);
        const known = fetched.get(file);
        if (known !== undefined) return known;
        wanted ??= file;
        return fail('');
      },
      helmVersion,
    );
    if (wanted === undefined) return values;
    fetched.set(wanted, await fetchText(wanted));
  }
}

const readStandardInput = (io: Io): string => io.stdin?.() ?? readFileSync(0, 'utf8');

function readText(file: string, io: Io): Result<string, string> {
  try {
    if (file === '') return fail('open : no such file or directory');
    return ok(fromBytes(readFileSync(resolve(io.cwd, file))));
  } catch (error) {
    return fail(systemError(error, `${(error as NodeJS.ErrnoException).code === 'EISDIR' ? 'read' : 'open'} ${file}`));
  }
}
