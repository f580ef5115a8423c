import { Script } from 'node:vm';
import { expect, test } from 'vitest';

const { classicScript } = (await import(new URL('../../scripts/classic-script.mjs', import.meta.url).href)) as {
  classicScript: (name: string, text: string) => Promise<string>;
};

type Body = (
  exports: object,
  load: (name: string) => unknown,
  importing: unknown,
  require: unknown,
  meta: object,
) => void;

/** What a module exports when it is loaded as a script, its imports answered with their names. */
async function exportsOf(text: string): Promise<Record<string, unknown>> {
  const exports = {};
  const answer = (how: string) => (name: string) => ({ a: `${how} ${name} a`, b: `${how} ${name} b` });
  const body = new Script(await classicScript('test.js', text)).runInThisContext() as Body;
  body(exports, answer('load'), answer('import'), answer('require'), { url: 'file:///here.js' });
  return exports;
}

test('imports and exports keep their names', async () => {
  expect(
    await exportsOf('import{a,b as c}from"./chunks/x.js";import"./y.js";var d=1;export{a,c as e,d as default};'),
  ).toEqual({
    a: 'load x.js a',
    e: 'load x.js b',
    default: 1,
  });
});

test("Node's own modules are required whole or in part", async () => {
  const text =
    'import fs from"node:fs";import*as os from"node:os";import{a as path}from"node:path";import vm,{b}from"node:vm";';
  expect(await exportsOf(`${text}export{fs,os,path,vm,b};\n//# comment\n`)).toEqual({
    fs: { a: 'require node:fs a', b: 'require node:fs b' },
    os: { a: 'require node:os a', b: 'require node:os b' },
    path: 'require node:path a',
    vm: { a: 'require node:vm a', b: 'require node:vm b' },
    b: 'require node:vm b',
  });
});

test('chunks are imported by name, anything else as it is written', async () => {
  const { chunk, other, url } = await exportsOf(
    'var chunk=import("./chunks/x.js"),other=import("node:fs"),url=import.meta.url;export{chunk,other,url};',
  );
  expect([chunk, other, url]).toEqual([
    { a: 'import x.js a', b: 'import x.js b' },
    { a: 'import node:fs a', b: 'import node:fs b' },
    'file:///here.js',
  ]);
});

test('a binding that changes after it was exported is refused', async () => {
  await expect(classicScript('x.js', 'var n=0;function next(){n++}export{n,next};')).rejects.toThrow(
    'exports n and changes it',
  );
  await expect(classicScript('x.js', 'var n=0;function next(){n=1}export{n,next};')).rejects.toThrow(
    'exports n and changes it',
  );
  await expect(classicScript('x.js', 'function f(){}f=null;export{f};')).rejects.toThrow('exports f and changes it');
});
