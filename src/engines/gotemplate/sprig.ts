import { type FunctionTable, functionTable, laterFunctions, withoutFunctions } from './functions.ts';
import { CERTIFICATES } from './sprig/certificates.ts';
import { CLOCK, DATES } from './sprig/dates.ts';
import { DEFAULTS } from './sprig/defaults.ts';
import { DICTS } from './sprig/dicts.ts';
import { ENCODING } from './sprig/encoding.ts';
import { ENVIRONMENT } from './sprig/environment.ts';
import { ENCRYPTION, HASHES } from './sprig/hashes.ts';
import { JSON_FUNCTIONS } from './sprig/json.ts';
import { LISTS } from './sprig/lists.ts';
import { MATH } from './sprig/math.ts';
import { PATHS } from './sprig/paths.ts';
import { RANDOM } from './sprig/random.ts';
import { REFLECTION } from './sprig/reflection.ts';
import { REGEX } from './sprig/regex.ts';
import { SEMVER } from './sprig/semver.ts';
import { STRINGS } from './sprig/strings.ts';
import { URLS } from './sprig/urls.ts';

// What few charts call is a script of its own in the command (`scripts/build.mjs`), of which only the names are known before.
export const REGEX_NAMES: readonly string[] = [
  'regexMatch',
  'mustRegexMatch',
  'regexFindAll',
  'mustRegexFindAll',
  'regexFind',
  'mustRegexFind',
  'regexReplaceAll',
  'mustRegexReplaceAll',
  'regexReplaceAllLiteral',
  'mustRegexReplaceAllLiteral',
  'regexSplit',
  'mustRegexSplit',
  'regexQuoteMeta',
];
export const CERTIFICATE_NAMES: readonly string[] = [
  'genPrivateKey',
  'buildCustomCert',
  'genCA',
  'genCAWithKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'genSignedCert',
  'genSignedCertWithKey',
];

let all: FunctionTable | undefined;
/** All functions of sprig v3.3.0. */
export function sprigFunctions(): FunctionTable {
  all ??= functionTable(
    [
      STRINGS,
      LISTS,
      DICTS,
      MATH,
      DATES,
      DEFAULTS,
      ENCODING,
      JSON_FUNCTIONS,
      PATHS,
      REFLECTION,
      laterFunctions(REGEX_NAMES, () => functionTable([REGEX])),
      SEMVER,
      URLS,
      HASHES,
      laterFunctions(CERTIFICATE_NAMES, () => functionTable([], [CERTIFICATES])),
    ],
    [CLOCK, RANDOM, ENCRYPTION, ENVIRONMENT],
  );
  return all;
}

/** What slim-sprig leaves out: all that needs another package, and what is random. */
const NOT_SLIM = [
  'abbrev',
  'abbrevboth',
  'untitle',
  'nospace',
  'initials',
  'randAlphaNum',
  'randAlpha',
  'randAscii',
  'randNumeric',
  'swapcase',
  'shuffle',
  'snakecase',
  'camelcase',
  'kebabcase',
  'wrap',
  'wrapWith',
  'sha512sum',
  'add1f',
  'addf',
  'subf',
  'divf',
  'mulf',
  'deepCopy',
  'mustDeepCopy',
  'merge',
  'mustMerge',
  'mergeOverwrite',
  'mustMergeOverwrite',
  'bcrypt',
  'htpasswd',
  'genPrivateKey',
  'derivePassword',
  'buildCustomCert',
  'genCA',
  'genCAWithKey',
  'genSelfSignedCert',
  'genSelfSignedCertWithKey',
  'genSignedCert',
  'genSignedCertWithKey',
  'encryptAES',
  'decryptAES',
  'randBytes',
  'uuidv4',
  'semver',
  'semverCompare',
];

let slim: FunctionTable | undefined;
/** All functions of go-task's slim-sprig v3. */
export function slimSprigFunctions(): FunctionTable {
  slim ??= withoutFunctions(sprigFunctions(), NOT_SLIM);
  return slim;
}

/** What asks the clock, the environment, the network or chance. @see slim-sprig functions.go, nonhermeticFunctions */
const NOT_HERMETIC = [
  'date',
  'date_in_zone',
  'date_modify',
  'now',
  'htmlDate',
  'htmlDateInZone',
  'dateInZone',
  'dateModify',
  'env',
  'expandenv',
  'getHostByName',
];

let hermetic: FunctionTable | undefined;
/** The functions of slim-sprig that give the same result each time. */
export function hermeticSlimSprigFunctions(): FunctionTable {
  hermetic ??= withoutFunctions(slimSprigFunctions(), NOT_HERMETIC);
  return hermetic;
}
