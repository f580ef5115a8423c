import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { untar } from '../../src/sources/untar.ts';
import { scratch } from './support.ts';

interface Item {
  readonly name: string;
  /** `0` file, `1` hard link, `2` symbolic link, `5` directory, `3` device */
  readonly type?: string;
  readonly content?: string;
  readonly link?: string;
  readonly mode?: number;
}

/** A tar written by hand: what no honest program writes can be in it. */
function archive(items: readonly Item[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, type = '0', content = '', link = '', mode = 0o644 } of items) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const data = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    data.write(content);
    blocks.push(header, data);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function unpack(items: readonly Item[] | Buffer, limits?: { bytes: number; entries: number }): Promise<string> {
  const directory = scratch();
  const target = join(directory, 'outer/inner');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(directory, 'a.tgz'), Buffer.isBuffer(items) ? items : gzipSync(archive(items)));
  await untar(join(directory, 'a.tgz'), target, limits);
  return target;
}

test('files and directories are unpacked, a later entry of a name wins, execute bits stay', async () => {
  const at = await unpack([
    { name: './', type: '5' },
    { name: 'bin/', type: '5' },
    { name: 'bin/run', content: 'old', mode: 0o755 },
    { name: 'deep/er/file', content: 'x' },
    { name: 'bin/run', content: 'new', mode: 0o755 },
  ]);
  expect(readFileSync(join(at, 'bin/run'), 'utf8')).toBe('new');
  expect(statSync(join(at, 'bin/run')).mode & 0o111).not.toBe(0);
  expect(readFileSync(join(at, 'deep/er/file'), 'utf8')).toBe('x');
});

test('symbolic links are left out, hard links are empty files', async () => {
  const at = await unpack([
    { name: 'passwd', type: '2', link: '/etc/passwd' },
    { name: 'up', type: '2', link: '..' },
    { name: 'up/file', content: 'stays inside' },
    { name: 'hard', type: '1', link: '/etc/passwd' },
  ]);
  expect(readdirSync(at).sort()).toEqual(['hard', 'up']);
  expect(readFileSync(join(at, 'up/file'), 'utf8')).toBe('stays inside');
  expect(readFileSync(join(at, 'hard'), 'utf8')).toBe('');
});

test('names that lead outside are refused, and nothing is written there', async () => {
  for (const name of ['../evil', 'a/../../evil', '/tmp/evil', '..', 'a\\..\\evil']) {
    await expect(unpack([{ name, content: 'x' }])).rejects.toThrow('invalid name');
  }
  expect(existsSync('/tmp/evil')).toBe(false);
});

test('devices, broken archives and what is no archive are refused', async () => {
  await expect(unpack([{ name: 'null', type: '3' }])).rejects.toThrow('unsupported type CharacterDevice');
  await expect(unpack(Buffer.from('no gzip'))).rejects.toThrow('cannot be unpacked');
  const whole = gzipSync(archive([{ name: 'a', content: 'x'.repeat(5000) }]));
  await expect(unpack(whole.subarray(0, whole.length - 20))).rejects.toThrow('cannot be unpacked');
});

test('more bytes or entries than allowed are refused', async () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, content: 'x'.repeat(100) }));
  await expect(unpack(many, { bytes: 1000, entries: 100 })).rejects.toThrow('more than 1000 bytes');
  await expect(unpack(many, { bytes: 1e6, entries: 10 })).rejects.toThrow('more than 10 entries');
});
