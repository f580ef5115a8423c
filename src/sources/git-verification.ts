import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitSession } from './git-session.ts';
import type { GitRepositorySpec } from './git-spec.ts';
import { trouble, worldTrouble } from './trouble.ts';
import type { SourceOptions } from './types.ts';

const PGP = '-----BEGIN PGP SIGNATURE-----';
const SSH = '-----BEGIN SSH SIGNATURE-----';

interface Signed {
  readonly what: string;
  readonly payload: string;
  readonly signature: string;
}

/**
 * Checks the signatures that `spec.verify` asks for against the keys of its Secret.
 * @see source-controller gitrepository_controller.go, verifySignature
 */
export async function verifyCommit(
  verify: NonNullable<GitRepositorySpec['verify']>,
  revision: string,
  commit: string,
  trustedKeys: ReadonlyMap<string, string> | undefined,
  git: GitSession,
  options: SourceOptions,
): Promise<void> {
  if (trustedKeys === undefined || trustedKeys.size === 0) {
    options.warn?.(
      `${git.url}: the signature of ${revision} was not verified (Secret ${verify.secretRef} gives no key)`,
    );
    return;
  }
  const signed: Signed[] = [];
  if (verify.mode !== 'HEAD') {
    const name = revision.slice(0, Math.max(0, revision.lastIndexOf('@'))).replace(/^refs\/tags\//, '');
    const reference = `refs/tags/${name}`;
    if (name === '')
      throw trouble('invalid-object', `cannot verify tag object's signature if a tag reference is not specified`);
    await git.run('fetch', '--quiet', '--depth=1', '--no-tags', '--', git.url, `+${reference}:${reference}`);
    const type = (await git.run('cat-file', '-t', reference)).trim();
    if (type !== 'tag')
      throw worldTrouble('verification-failed', `cannot verify signature of tag '${name}': it is a lightweight tag`);
    const text = await git.run('cat-file', 'tag', reference);
    const at = [text.indexOf(PGP), text.indexOf(SSH)].filter((index) => index >= 0).sort((a, b) => a - b)[0];
    signed.push({
      what: `tag '${name}'`,
      payload: at === undefined ? text : text.slice(0, at),
      signature: at === undefined ? '' : text.slice(at),
    });
  }
  if (verify.mode !== 'Tag') signed.push(splitCommit(await git.run('cat-file', 'commit', commit), commit));
  for (const item of signed) await check(item, trustedKeys, verify.secretRef, options);
}

function splitCommit(text: string, commit: string): Signed {
  const lines = text.split('\n');
  const end = lines.indexOf('');
  const [kept, signature]: [string[], string[]] = [[], []];
  let inside = false;
  for (const line of lines.slice(0, end)) {
    inside = inside ? line.startsWith(' ') : /^gpgsig(?:-sha256)? /.test(line);
    if (inside) signature.push(line.replace(/^gpgsig(?:-sha256)? |^ /, ''));
    else kept.push(line);
  }
  return {
    what: `commit '${commit}'`,
    payload: [...kept, ...lines.slice(end)].join('\n'),
    signature: signature.join('\n'),
  };
}

async function check(
  { what, payload, signature }: Signed,
  trustedKeys: ReadonlyMap<string, string>,
  secret: string,
  options: SourceOptions,
): Promise<void> {
  const no = (why: string): Error =>
    worldTrouble(
      'verification-failed',
      `signature verification of ${what} failed: ${why}`,
      `The keys are those of Secret ${secret}.`,
    );
  if (signature === '') throw no('it is not signed');
  if (signature.startsWith(PGP)) {
    const rings = [...trustedKeys].filter(([name]) => name.endsWith('.asc')).map(([, key]) => key);
    if (!(await isPgpSigned(payload, signature, rings)))
      throw no('unable to verify payload with any of the given key rings');
    return;
  }
  const keys = [...trustedKeys].filter(([name]) => name.endsWith('.sshpub')).map(([, key]) => key);
  const result = await isSshSigned(payload, signature, keys);
  if (result === undefined)
    options.warn?.(`the ssh signature of ${what} was not verified (ssh-keygen is not installed)`);
  if (result === false) throw no('unable to verify payload with any of the given keys');
}

async function isPgpSigned(payload: string, armored: string, rings: readonly string[]): Promise<boolean> {
  const { createMessage, readKeys, readSignature, verify } = await import('openpgp');
  try {
    const signature = await readSignature({ armoredSignature: armored });
    const message = await createMessage({ binary: Buffer.from(payload, 'utf8') });
    for (const ring of rings) {
      const verificationKeys = await readKeys({ armoredKeys: ring });
      const { signatures } = await verify({ message, signature, verificationKeys });
      for (const item of signatures) if (await item.verified.catch(() => false)) return true;
    }
  } catch {
    return false;
  }
  return false;
}

/** `undefined` where there is no `ssh-keygen`. It checks the signature; whose key it is, is read from the signature here. */
async function isSshSigned(payload: string, armored: string, keys: readonly string[]): Promise<boolean | undefined> {
  const blob = Buffer.from(armored.replace(/-----[^-]*-----/g, '').replace(/\s/g, ''), 'base64');
  if (blob.subarray(0, 6).toString('latin1') !== 'SSHSIG' || blob.length < 14) return false;
  const key = blob.subarray(14, 14 + blob.readUInt32BE(10)).toString('base64');
  const trusted = keys.flatMap((text) => text.split('\n')).some((line) => line.split(/\s+/).includes(key));
  if (!trusted) return false;
  const directory = await mkdtemp(join(tmpdir(), 'flux-local-'));
  try {
    const path = join(directory, 'signature');
    await writeFile(path, armored.endsWith('\n') ? armored : `${armored}\n`);
    return await new Promise<boolean | undefined>((resolve) => {
      const child = execFile('ssh-keygen', ['-Y', 'check-novalidate', '-n', 'git', '-s', path], (error) =>
        resolve(error === null ? true : error.code === 'ENOENT' ? undefined : false),
      );
      child.stdin?.on('error', () => {});
      child.stdin?.end(payload);
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
