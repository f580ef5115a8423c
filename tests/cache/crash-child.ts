import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { openCache } from '../../src/cache/cache.ts';
import { runKey, saveRun } from '../../src/cache/run-records.ts';
import { Run } from '../../src/graph/run.ts';
import { driveToy, TOY_KINDS } from '../graph/toy.ts';

/**
 * A run of the toy world in a process of its own: `node crash-child.js WORKSPACE [N [MODE]]`. At its Nth writing call the
 * process is killed (`kill`: half of the bytes are written), or every call from there on finds the disk full (`full`).
 * Prints what the run gave, and on stderr the warnings of the cache; at the end the number of writing calls.
 */
const [workspace = '', at = '0', mode = 'kill'] = process.argv.slice(2);
const fatal = Number(at);
let calls = 0;

/** Whether the call fails, or half of it happens and the process ends. */
function strike(half: () => void): void {
  calls++;
  if (fatal === 0 || calls < fatal) return;
  if (mode === 'full') throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  if (calls > fatal) return;
  half();
  process.kill(process.pid, 'SIGKILL');
  for (;;); // the signal is on its way
}

type Writable = { [name: string]: (...args: unknown[]) => unknown };
const sync = fs as unknown as Writable;
const promises = fs.promises as unknown as Writable;
const original = { ...sync };

const firstHalf = (data: unknown): Uint8Array => {
  const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array);
  return bytes.subarray(0, bytes.length >> 1);
};
sync.writeSync = (fd, data, ...rest) => {
  strike(() => original.writeSync!(fd, firstHalf(data)));
  return original.writeSync!(fd, data, ...rest);
};
sync.writeFileSync = (path, data, ...rest) => {
  strike(() => original.writeFileSync!(path, firstHalf(data), ...rest));
  return original.writeFileSync!(path, data, ...rest);
};
for (const name of ['renameSync', 'mkdirSync', 'rmSync', 'openSync'])
  sync[name] = (...args) => {
    if (name !== 'openSync' || (args[1] !== undefined && args[1] !== 'r')) strike(() => {});
    return original[name]!(...args);
  };
const originalPromises = { ...promises };
promises.writeFile = async (path, data, ...rest) => {
  strike(() => original.writeFileSync!(path, firstHalf(data)));
  return originalPromises.writeFile!(path, data, ...rest);
};
for (const name of ['rename', 'mkdir', 'rm', 'unlink', 'link'])
  promises[name] = async (...args) => {
    strike(() => {});
    return originalPromises[name]!(...args);
  };
syncBuiltinESMExports();

const cache = openCache(`${workspace}/.flux-local-cache`, { onWarning: (text) => process.stderr.write(`${text}\n`) });
const run = new Run({ workspace, cache, kinds: TOY_KINDS });
const output = await driveToy(run);
const { ran } = await run.finish();
await saveRun(cache, runKey('toy'), run.fingerprints, run.leaves(), {
  stdout: Buffer.from(output),
  stderr: '',
  exitCode: 0,
});
cache.close();
original.writeSync!(1, JSON.stringify({ output, ran, calls }));
