import type { HelmVersion } from '../engines/helm/index.ts';
import { EXCLUSIVE, helmFlags } from './helm-flags.ts';
import type { Io } from './io.ts';
import { type Flag, ParsedFlags, parseFlags } from './pflag.ts';
import { findPostRenderer } from './post-render.ts';

/** Flags that helm does not have. */
const OWN: readonly Flag[] = [
  {
    name: 'helm-version',
    type: 'string',
    value: '<major>',
    usage: 'the major of Helm to render as: 3 or 4 (default: 4)',
    refuse: (value) => (value === '3' || value === '4' ? undefined : 'it is 3 or 4'),
  },
  {
    name: 'real',
    type: 'bool',
    usage: 'real random values, certificates and clock, as helm has; by default they are made from the release',
  },
  {
    name: 'cache-dir',
    type: 'string',
    value: '<directory>',
    usage: 'where charts that were fetched are kept (FLUX_LOCAL_CACHE)',
  },
  { name: 'offline', type: 'bool', usage: 'take from the cache what would have to be fetched' },
];

/** A command line of `template`, read. */
export interface TemplateLine {
  readonly helmVersion: HelmVersion;
  readonly flags: ParsedFlags;
  /** Why it makes no sense, in helm's words. */
  readonly problem: string | undefined;
  /** Helm 3's post-renderer, found. */
  readonly postRenderer: string | undefined;
}

const POST_RENDERER: Flag = {
  name: 'post-renderer',
  type: 'string',
  value: '<program>',
  usage: 'Helm 3: a program that manifests go through, a path or a name in PATH',
};

/** All flags there are, as help shows them. */
export const shownFlags = (): Flag[] =>
  [...helmFlags('4', POST_RENDERER), ...OWN].filter(({ hidden }) => hidden !== true);

/**
 * Reads what follows `template`: its flags are those of `helm template` in the major that `--helm-version` names, read as helm's
 * own library reads them.
 * @returns `help` where that is asked for
 */
export function readTemplateLine(words: readonly string[], io: Io): TemplateLine | 'help' {
  const helmVersion = majorIn(words);
  const flags = new ParsedFlags();
  let postRenderer: string | undefined;
  const refuse = (name: string): string | undefined => {
    if (name === '') return undefined;
    if (helmVersion === '4') return `plugin: {Name:${name} Type:postrenderer/v1} not found`;
    const found = findPostRenderer(name, io);
    if (!found.ok) return found.error;
    postRenderer = found.value;
    return undefined;
  };
  const result = parseFlags(() => [...helmFlags(helmVersion, { ...POST_RENDERER, refuse }), ...OWN], words, flags);
  if (result.ok && result.value === 'help') return 'help';
  return { helmVersion, flags, problem: result.ok ? exclusion(helmVersion, flags) : result.error, postRenderer };
}

const MAJOR = '--helm-version=';

/** Which flags there are depends on the major, which is a flag itself. */
function majorIn(words: readonly string[]): HelmVersion {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  let major: HelmVersion = '4';
  for (const [at, word] of flags.entries()) {
    const value =
      word === '--helm-version' ? flags[at + 1] : word.startsWith(MAJOR) ? word.slice(MAJOR.length) : undefined;
    if (value === '3' || value === '4') major = value;
  }
  return major;
}

function exclusion(helmVersion: HelmVersion, flags: ParsedFlags): string | undefined {
  if (helmVersion === '3') return undefined;
  const pair = EXCLUSIVE.find(([a, b]) => flags.has(a) && flags.has(b));
  return pair === undefined
    ? undefined
    : `if any flags in the group [${pair.join(' ')}] are set none of the others can be; [${[...pair].sort().join(' ')}] were all set`;
}
