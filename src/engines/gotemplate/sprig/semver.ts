import {
  compareVersions,
  formatVersion,
  parseConstraint,
  parseVersion,
  satisfies,
  type Version,
} from '../../../core/semver.ts';
import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { registerParameter } from '../functions.ts';
import {
  GoInt,
  GoPointer,
  GoStruct,
  type GoType,
  goInt,
  type MethodTable,
  pointerTo,
  STRING,
  shrink,
  UINT64,
} from '../value.ts';

/** @see sprig semver.go; github.com/Masterminds/semver v3.5.0 */

const uint64 = (n: number | bigint): GoInt => new GoInt(typeof n === 'bigint' ? shrink(n) : n, UINT64);

const versions = new WeakMap<GoStruct, Version>();
/** What a copy of a version holds: nothing of it is exported. */
const NO_VERSION: Version = { major: 0, minor: 0, patch: 0, pre: '', metadata: '', original: '' };
const versionOf = (value: GoStruct | GoPointer): Version =>
  versions.get(value instanceof GoPointer ? (value.target as GoStruct) : value) ?? NO_VERSION;

function makeVersion(version: Version): GoStruct {
  const value = new GoStruct(
    VERSION,
    [
      uint64(version.major),
      uint64(version.minor),
      uint64(version.patch),
      version.pre,
      version.metadata,
      version.original,
    ],
    true,
  );
  versions.set(value, version);
  return value;
}

const up = (n: number | bigint): number | bigint => shrink(BigInt(n) + 1n);
function increased(value: GoStruct, part: 'major' | 'minor' | 'patch'): GoStruct {
  const version = versionOf(value);
  const prefix = version.original.startsWith('v') ? 'v' : '';
  let { major, minor, patch } = version;
  if (part === 'major') [major, minor, patch] = [up(major), 0, 0];
  else if (part === 'minor') [minor, patch] = [up(minor), 0];
  else if (version.pre === '') patch = up(patch);
  const next: Version = { major, minor, patch, pre: '', metadata: '', original: '' };
  const made = makeVersion({ ...next, original: prefix + formatVersion(next) });
  return new GoStruct(made.type, made.values);
}
const compare = (a: GoStruct, b: GoPointer): number => compareVersions(versionOf(a), versionOf(b));

const METHODS: MethodTable = new Map([
  ['Major', { signature: '', call: (v: GoStruct) => uint64(versionOf(v).major) }],
  ['Minor', { signature: '', call: (v: GoStruct) => uint64(versionOf(v).minor) }],
  ['Patch', { signature: '', call: (v: GoStruct) => uint64(versionOf(v).patch) }],
  ['Prerelease', { signature: '', call: (v: GoStruct) => versionOf(v).pre }],
  ['Metadata', { signature: '', call: (v: GoStruct) => versionOf(v).metadata }],
  ['String', { signature: '', call: (v: GoStruct) => formatVersion(versionOf(v)) }],
  ['MarshalJSON', { signature: '', call: (v: GoStruct) => JSON.stringify(formatVersion(versionOf(v))) }],
  ['IncMajor', { signature: '', call: (v: GoStruct) => increasedVersion(v, 'major') }],
  ['IncMinor', { signature: '', call: (v: GoStruct) => increasedVersion(v, 'minor') }],
  ['IncPatch', { signature: '', call: (v: GoStruct) => increasedVersion(v, 'patch') }],
]);
function increasedVersion(value: GoStruct, part: 'major' | 'minor' | 'patch'): GoStruct {
  const next = increased(value, part);
  const version = parseVersion(next.values[5] as string);
  if (version.ok) versions.set(next, version.value);
  return next;
}
const POINTER_METHODS: MethodTable = new Map([
  ['Original', { signature: '', call: (v: GoStruct) => versionOf(v).original }],
  ['Compare', { signature: 'version', call: (a: GoStruct, b: GoPointer) => goInt(compare(a, b)) }],
  ['Equal', { signature: 'version', call: (a: GoStruct, b: GoPointer) => compare(a, b) === 0 }],
  ['LessThan', { signature: 'version', call: (a: GoStruct, b: GoPointer) => compare(a, b) < 0 }],
  ['LessThanEqual', { signature: 'version', call: (a: GoStruct, b: GoPointer) => compare(a, b) <= 0 }],
  ['GreaterThan', { signature: 'version', call: (a: GoStruct, b: GoPointer) => compare(a, b) > 0 }],
  ['GreaterThanEqual', { signature: 'version', call: (a: GoStruct, b: GoPointer) => compare(a, b) >= 0 }],
]);
const VERSION: GoType = {
  kind: 'struct',
  name: 'semver.Version',
  fields: [
    { name: 'major', type: UINT64, unexported: true },
    { name: 'minor', type: UINT64, unexported: true },
    { name: 'patch', type: UINT64, unexported: true },
    { name: 'pre', type: STRING, unexported: true },
    { name: 'metadata', type: STRING, unexported: true },
    { name: 'original', type: STRING, unexported: true },
  ],
  methods: METHODS,
  pointerMethods: POINTER_METHODS,
};
registerParameter('version', pointerTo(VERSION));

export const SEMVER: FunctionFamily = {
  semver: [
    'string',
    (text: string) => {
      const version = parseVersion(text);
      if (!version.ok) throw new GoError(version.error);
      return new GoPointer(makeVersion(version.value));
    },
  ],
  semverCompare: [
    'string string',
    (constraint: string, text: string) => {
      const range = parseConstraint(constraint);
      if (!range.ok) throw new GoError(range.error);
      const version = parseVersion(text);
      if (!version.ok) throw new GoError(version.error);
      return satisfies(range.value, version.value);
    },
  ],
};
