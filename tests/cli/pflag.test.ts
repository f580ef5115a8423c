import { describe, expect, test } from 'vitest';
import { type Flag, ParsedFlags, parseFlags } from '../../src/cli/pflag.ts';

const FLAGS: readonly Flag[] = [
  { name: 'namespace', short: 'n', type: 'string', usage: '' },
  { name: 'generate', short: 'g', type: 'bool', usage: '' },
  { name: 'files', short: 'f', type: 'list', usage: '' },
  { name: 'set', type: 'array', usage: '' },
  { name: 'labels', short: 'l', type: 'pairs', usage: '' },
  { name: 'timeout', type: 'duration', usage: '' },
  { name: 'limit', type: 'int', usage: '' },
  { name: 'wait', type: 'string', bare: 'watcher', usage: '' },
  { name: 'old', type: 'bool', deprecated: 'use --new instead', usage: '' },
];

function read(...words: string[]) {
  const flags = new ParsedFlags();
  const result = parseFlags(() => FLAGS, words, flags);
  return { flags, said: result.ok ? result.value : result.error };
}

describe('flags are read as Go’s pflag reads them', () => {
  test('a value follows its flag, or is joined to it, long and short', () => {
    for (const words of [
      ['--namespace', 'x'],
      ['--namespace=x'],
      ['-n', 'x'],
      ['-nx'],
      ['-n=x'],
      ['-gn', 'x'],
      ['-gnx'],
    ])
      expect(read('a', ...words, 'b').flags.text('namespace'), words.join(' ')).toBe('x');
    expect(read('a', '-gnx', 'b').flags.operands).toEqual(['a', 'b']);
    expect(read('-n', '--', 'x').flags).toMatchObject({ operands: ['x'] });
    expect(read('-g', '--', '-n', '-').flags.operands).toEqual(['-n', '-']);
    expect(read('--namespace=', 'a').flags.text('namespace')).toBe('');
  });

  test('a flag that may stand alone takes no word after it', () => {
    const { flags } = read('--wait', 'legacy', '--generate', 'false');
    expect([flags.text('wait'), flags.is('generate'), flags.operands]).toEqual(['watcher', true, ['legacy', 'false']]);
    expect(read('--wait=legacy').flags.text('wait')).toBe('legacy');
    expect(read('-g=F').flags.is('generate')).toBe(false);
  });

  test('lists are CSV, arrays are not, and both add up; other flags are what was said last', () => {
    expect(read('-f', 'a,b', '--files="c,d",e', '-f', '').flags.all('files')).toEqual(['a', 'b', 'c,d', 'e']);
    expect(read('--set', 'a,b', '--set=c').flags.all('set')).toEqual(['a,b', 'c']);
    expect(read('-l', 'a=b', '-l', 'c=d,e=f').flags.all('labels')).toEqual(['a=b', 'c=d', 'e=f']);
    expect(read('-n', 'x', '-n', 'y').flags.all('namespace')).toEqual(['y']);
  });

  test('help is told where nothing is wrong', () => {
    expect(read('a', '-h').said).toBe('help');
    expect(read('--help', '--nope').said).toBe('unknown flag: --nope');
    expect(read('--help=false').said).toBe('parsed');
  });

  test('a deprecated flag is told of each time', () => {
    expect(read('--old', '--old=false').flags.notices).toEqual(
      Array(2).fill('Flag --old has been deprecated, use --new instead'),
    );
  });

  test.each([
    ['--nope=1', 'unknown flag: --nope'],
    ['-gx', "unknown shorthand flag: 'x' in -x"],
    ['-gn', "flag needs an argument: 'n' in -n"],
    ['--set', 'flag needs an argument: --set'],
    ['--=x', 'bad flag syntax: --=x'],
    ['---x', 'bad flag syntax: ---x'],
    ['-g=x', 'invalid argument "x" for "-g, --generate" flag: strconv.ParseBool: parsing "x": invalid syntax'],
    ['--limit=1.5', 'invalid argument "1.5" for "--limit" flag: strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['--timeout=5', 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
    ['--timeout=1h5q', 'invalid argument "1h5q" for "--timeout" flag: time: unknown unit "q" in duration "1h5q"'],
    ['--timeout=', 'invalid argument "" for "--timeout" flag: time: invalid duration ""'],
    ['--labels=a', 'invalid argument "a" for "-l, --labels" flag: a must be formatted as key=value'],
    [
      '--files="a',
      'invalid argument "\\"a" for "-f, --files" flag: parse error on line 1, column 3: extraneous or missing " in quoted-field',
    ],
    [
      '--files=a"b',
      'invalid argument "a\\"b" for "-f, --files" flag: parse error on line 1, column 2: bare " in non-quoted-field',
    ],
  ])('%s: %s', (word, message) => {
    expect(read(word).said).toBe(message);
  });
});
