import { quoteGo } from './go-quote.ts';
import { isPlainInteger } from './plain-text.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * Versions and constraints as Go's Masterminds/semver v3 reads them: what Helm and Flux choose charts, tags and artifacts by.
 * @see github.com/Masterminds/semver v3.5.0, version.go and constraints.go
 */
export interface Version {
  /** A uint64: a `bigint` only where a double cannot hold it. */
  readonly major: number | bigint;
  readonly minor: number | bigint;
  readonly patch: number | bigint;
  /** Without the `-`. */
  readonly pre: string;
  /** Without the `+`. Takes no part in comparing. */
  readonly metadata: string;
  /** The text it was read from. */
  readonly original: string;
}

const MAX_VERSION_LENGTH = 256;
const MAX_CONSTRAINT_LENGTH = 512;
const MAX_CONSTRAINT_GROUPS = 32;
const INVALID = 'invalid semantic version';
const TOO_LONG = `version string is too long (max ${MAX_VERSION_LENGTH} bytes)`;
const LOOSE =
  /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?$/;
const MAX_UINT64 = 18446744073709551615n;

/** `NewVersion`: forgiving of a leading `v`, of missing parts and of leading zeros. The error is Go's text. */
export function parseVersion(text: string): Result<Version, string> {
  if (text.length > MAX_VERSION_LENGTH) return fail(TOO_LONG);
  const parts = text.split('.');
  if (parts.length === 3 && parts.every(isPlainInteger)) {
    const [major, minor, patch] = parts.map(Number) as [number, number, number];
    return ok({ major, minor, patch, pre: '', metadata: '', original: text });
  }
  const match = LOOSE.exec(text);
  // `$` of Go never matches before a final line break; JavaScript's without the `m` flag neither.
  if (match === null) return fail(INVALID);
  const numbers: (number | bigint)[] = [];
  for (const part of [match[1]!, match[2], match[3]]) {
    const number = part === undefined ? 0 : uint64(part.startsWith('.') ? part.slice(1) : part);
    if (typeof number === 'string') return fail(`error parsing version segment: ${number}`);
    numbers.push(number);
  }
  const pre = match[5] ?? '';
  const metadata = match[8] ?? '';
  const problem = prereleaseProblem(pre);
  if (problem !== undefined) return fail(problem);
  return ok({ major: numbers[0]!, minor: numbers[1]!, patch: numbers[2]!, pre, metadata, original: text });
}

/** `StrictNewVersion`: three parts, no `v`, no leading zeros. */
export function parseStrictVersion(text: string): Result<Version, string> {
  if (text === '') return fail('version string empty');
  if (text.length > MAX_VERSION_LENGTH) return fail(TOO_LONG);
  const [major, minor, ...others] = text.split('.');
  if (major === undefined || minor === undefined || others.length === 0) return fail(INVALID);
  let patch = others.join('.');
  let metadata = '';
  let pre = '';
  const plus = patch.indexOf('+');
  if (plus >= 0) {
    metadata = patch.slice(plus + 1);
    patch = patch.slice(0, plus);
    if (!metadata.split('.').every((part) => /^[0-9A-Za-z-]+$/.test(part))) return fail('invalid metadata string');
  }
  const dash = patch.indexOf('-');
  if (dash >= 0) {
    pre = patch.slice(dash + 1);
    patch = patch.slice(0, dash);
    const problem = pre === '' ? 'invalid prerelease string' : prereleaseProblem(pre);
    if (problem !== undefined) return fail(problem);
  }
  const numbers: (number | bigint)[] = [];
  for (const part of [major, minor, patch]) {
    if (!/^[0-9]*$/.test(part)) return fail('invalid characters in version');
    if (part.length > 1 && part.startsWith('0')) return fail('version segment starts with 0');
  }
  for (const part of [major, minor, patch]) {
    const number = uint64(part);
    if (typeof number === 'string') return fail(number);
    numbers.push(number);
  }
  return ok({ major: numbers[0]!, minor: numbers[1]!, patch: numbers[2]!, pre, metadata, original: text });
}

function uint64(digits: string): number | bigint | string {
  if (digits === '') return 'strconv.ParseUint: parsing "": invalid syntax';
  if (digits.length < 16) return Number(digits);
  const value = BigInt(digits);
  if (value > MAX_UINT64) return `strconv.ParseUint: parsing "${digits}": value out of range`;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function prereleaseProblem(pre: string): string | undefined {
  if (pre === '') return undefined;
  for (const part of pre.split('.')) {
    if (part === '') return 'invalid prerelease string';
    if (/^[0-9]+$/.test(part)) {
      if (part.length > 1 && part.startsWith('0')) return 'version segment starts with 0';
    } else if (!/^[0-9A-Za-z-]+$/.test(part)) return 'invalid prerelease string';
  }
  return undefined;
}

/** `String()`: all three parts, no leading `v`. */
export function formatVersion(version: Version): string {
  const pre = version.pre === '' ? '' : `-${version.pre}`;
  const metadata = version.metadata === '' ? '' : `+${version.metadata}`;
  return `${version.major}.${version.minor}.${version.patch}${pre}${metadata}`;
}

/** Below 0, 0 or above 0. Versions that differ in build metadata only are equal. */
export function compareVersions(a: Version, b: Version): number {
  const order =
    compareNumbers(a.major, b.major) || compareNumbers(a.minor, b.minor) || compareNumbers(a.patch, b.patch);
  if (order !== 0 || a.pre === b.pre) return order;
  if (a.pre === '') return 1;
  return b.pre === '' ? -1 : comparePrereleases(a.pre, b.pre);
}

const compareNumbers = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function comparePrereleases(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = comparePrereleaseParts(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function comparePrereleaseParts(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return -1;
  if (b === '') return 1;
  const [left, right] = [prereleaseNumber(a), prereleaseNumber(b)];
  if (left === undefined && right === undefined) return a > b ? 1 : -1;
  if (right === undefined) return -1;
  if (left === undefined) return 1;
  return left > right ? 1 : -1;
}

function prereleaseNumber(text: string): number | bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = uint64(text);
  return typeof value === 'string' ? undefined : value;
}

/** A range such as `>=1.2 <2 || ~3.1`: groups of which one must hold, each of comparisons that must all hold. */
export interface Constraint {
  readonly groups: readonly ConstraintGroup[];
}
interface ConstraintGroup {
  readonly comparisons: readonly Comparison[];
  /** A prerelease satisfies a group only if the group names one. */
  readonly namesPrerelease: boolean;
}
interface Comparison {
  readonly operator: string;
  readonly version: Version;
  /** The version as it was written: `4.x`. */
  readonly text: string;
  readonly minorOpen: boolean;
  readonly patchOpen: boolean;
  /** Some part is an `x` or missing. */
  readonly open: boolean;
}

const SPACE = '[\\t\\n\\f\\r ]';
const CONSTRAINT_VERSION =
  'v?([0-9|xX*]+)(\\.[0-9|xX*]+)?(\\.[0-9|xX*]+)?(-([0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*))?(\\+([0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*))?';
const OPERATORS = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^';
const SOME_OPERATOR = '(?:=|!=|>|<|>=|=>|<=|=<|~|~>|\\^)';
const ONE = new RegExp(`^${SPACE}*(${OPERATORS})${SPACE}*(${CONSTRAINT_VERSION})${SPACE}*$`);
const FIND = new RegExp(`(${OPERATORS})${SPACE}*(${CONSTRAINT_VERSION})`, 'g');
const RANGE = new RegExp(`${SPACE}*(${CONSTRAINT_VERSION})${SPACE}+-${SPACE}+(${CONSTRAINT_VERSION})${SPACE}*`, 'g');
// The same language as Go's validConstraintRegex, written so that each text has one reading only (backtracking stays linear).
const ITEM = `(?:${SOME_OPERATOR}${SPACE}*)?${CONSTRAINT_VERSION}`;
const VALID = new RegExp(`^${SPACE}*${ITEM}(?:(?:${SPACE}+|${SPACE}*,${SPACE}*)${ITEM})*${SPACE}*$`);

/** `NewConstraint`. The error is Go's text. */
export function parseConstraint(text: string): Result<Constraint, string> {
  if (Buffer.byteLength(text) > MAX_CONSTRAINT_LENGTH)
    return fail(`constraint string is too long (max ${MAX_CONSTRAINT_LENGTH} bytes)`);
  let rewritten = text;
  for (const match of text.matchAll(RANGE))
    rewritten = rewritten.replace(match[0], () => `>= ${match[1]}, <= ${match[11]} `);
  const parts = rewritten.split('||');
  if (parts.length > MAX_CONSTRAINT_GROUPS) return fail(`too many constraint groups (max ${MAX_CONSTRAINT_GROUPS})`);
  const groups: ConstraintGroup[] = [];
  for (const part of parts) {
    if (!VALID.test(part)) return fail(`improper constraint: ${quoteGo(part)}`);
    const comparisons: Comparison[] = [];
    for (const found of part.match(FIND) ?? [part]) {
      const comparison = parseComparison(found);
      if (!comparison.ok) return comparison;
      comparisons.push(comparison.value);
    }
    groups.push({ comparisons, namesPrerelease: comparisons.some((comparison) => comparison.version.pre !== '') });
  }
  return ok({ groups });
}

const isX = (text: string | undefined): boolean => text === undefined || /^\.?[xX*]$/.test(text);

function parseComparison(text: string): Result<Comparison, string> {
  const match = ONE.exec(text);
  if (match === null) return fail(`improper constraint: ${quoteGo(text)}`);
  const [, operator, written, major, minor, patch, pre = ''] = match;
  let version = written!;
  let [minorOpen, patchOpen, open] = [false, false, true];
  if (isX(major)) version = `0.0.0${pre}`;
  else if (isX(minor)) {
    minorOpen = true;
    version = `${major}.0.0${pre}`;
  } else if (isX(patch)) {
    patchOpen = true;
    version = `${major}${minor}.0${pre}`;
  } else open = false;
  const parsed = parseVersion(version);
  if (!parsed.ok) return fail('constraint parser error');
  return ok({ operator: operator!, version: parsed.value, text: written!, minorOpen, patchOpen, open });
}

/** `Constraints.Check`. `includePrerelease` lets prereleases satisfy groups that name none (Helm's `--devel` does not set it). */
export function satisfies(constraint: Constraint, version: Version, includePrerelease = false): boolean {
  return constraint.groups.some(({ comparisons, namesPrerelease }) =>
    comparisons.every((item) => objection(item, version, includePrerelease || namesPrerelease) === ''),
  );
}

/** `Constraints.Validate`: why the version does not satisfy the constraint, in Go's words; empty where it does. */
export function objections(constraint: Constraint, version: Version): string[] {
  const reasons: string[] = [];
  let saidPrerelease = false;
  for (const { comparisons, namesPrerelease } of constraint.groups) {
    let holds = true;
    for (const item of comparisons) {
      if (!namesPrerelease && version.pre !== '') {
        if (!saidPrerelease) reasons.push(prereleaseObjection(version));
        saidPrerelease = true;
        holds = false;
      } else {
        const reason = objection(item, version, namesPrerelease);
        if (reason !== '') {
          reasons.push(reason);
          holds = false;
        }
      }
    }
    if (holds) return [];
  }
  return reasons;
}

const prereleaseObjection = (version: Version): string =>
  `"${formatVersion(version)}" is a prerelease version and the constraint is only looking for release versions`;

/** Empty where the comparison holds. */
function objection(item: Comparison, v: Version, prerelease: boolean): string {
  if (v.pre !== '' && !prerelease) return prereleaseObjection(v);
  const says = (relation: string): string => `"${formatVersion(v)}" ${relation} "${item.text}"`;
  const c = item.version;
  const order = compareVersions(v, c);
  const [major, minor] = [compareNumbers(v.major, c.major), compareNumbers(v.minor, c.minor)];
  switch (item.operator) {
    case '':
    case '=':
      if (item.open) return tilde(item, v, says);
      return order === 0 ? '' : says('is not equal to');
    case '!=':
      if (item.open) {
        if (major !== 0) return '';
        if (minor !== 0 && !item.minorOpen) return '';
        if (item.minorOpen) return says('is equal to');
        if (compareNumbers(v.patch, c.patch) !== 0 && !item.patchOpen) return '';
        if (item.patchOpen) {
          const differs = (v.pre !== '' || c.pre !== '') && comparePrereleases(v.pre, c.pre) !== 0;
          return differs ? '' : says('is equal to');
        }
      }
      return order === 0 ? says('is equal to') : '';
    case '>': {
      const no = says('is less than or equal to');
      if (!item.open) return order > 0 ? '' : no;
      if (major !== 0) return major > 0 ? '' : no;
      if (item.minorOpen) return no;
      if (item.patchOpen) return minor > 0 ? '' : no;
      return order > 0 ? '' : no;
    }
    case '<':
      return order < 0 ? '' : says('is greater than or equal to');
    case '>=':
    case '=>':
      return order >= 0 ? '' : says('is less than');
    case '<=':
    case '=<': {
      const no = says('is greater than');
      if (!item.open) return order <= 0 ? '' : no;
      if (major > 0) return no;
      return major === 0 && minor > 0 && !item.minorOpen ? no : '';
    }
    case '~':
    case '~>':
      return tilde(item, v, says);
    default:
      return caret(item, v, says);
  }
}

function tilde(item: Comparison, v: Version, says: (relation: string) => string): string {
  const c = item.version;
  if (compareVersions(v, c) < 0) return says('is less than');
  if (isZero(c.major) && isZero(c.minor) && isZero(c.patch) && !item.minorOpen && !item.patchOpen) return '';
  if (v.major !== c.major) return says('does not have same major version as');
  if (v.minor !== c.minor && !item.minorOpen) return says('does not have same major and minor version as');
  return '';
}

function caret(item: Comparison, v: Version, says: (relation: string) => string): string {
  const c = item.version;
  if (compareVersions(v, c) < 0) return says('is less than');
  if (!isZero(c.major) || item.minorOpen) return v.major === c.major ? '' : says('does not have same major version as');
  if (!isZero(v.major)) return says('does not have same major version as');
  if (!isZero(c.minor) || item.patchOpen) {
    if (v.minor === c.minor) return '';
    return `${says('does not have same minor version as')}. Expected minor versions to match when constraint major version is 0`;
  }
  if (!isZero(v.minor)) return says('does not have same minor version as');
  if (v.patch === c.patch) return '';
  return `${says('does not equal')}. Expect version and constraint to equal when major and minor versions are 0`;
}

const isZero = (value: number | bigint): boolean => value === 0;
