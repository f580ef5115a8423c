import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { getIn, type YamlMap } from '../core/value.ts';
import {
  ageKeysIn,
  type DecryptionKeys,
  decryptionKeys,
  decryptionSecret,
  isDecrypting,
  joinKeys,
  NO_KEYS,
} from '../flux/decryption.ts';
import type { TaskContext } from '../graph/task.ts';
import { objectOf } from './facts.ts';

const MAX_OUTPUT = 1024 * 1024;

/**
 * The keys that open a Kustomization's encrypted files: those that sops' own variables of the environment name, and those of its
 * own Secret. A task that gets any is not recorded: what a key opens is not written down, and no record outlives the key's
 * coming or going.
 */
export async function decryptionKeysOf(
  context: TaskContext,
  kustomization: YamlMap,
): Promise<{ readonly keys: DecryptionKeys; readonly atHand: boolean }> {
  if (!isDecrypting(kustomization)) return { keys: NO_KEYS, atHand: false };
  const own = await environmentKeys(context);
  let keys: DecryptionKeys = joinKeys({ age: own.age, pgp: [] });
  const name = decryptionSecret(kustomization);
  if (name !== undefined) {
    const namespace = String(getIn(kustomization, 'metadata', 'namespace') ?? '');
    const secret = await objectOf(context, { group: '', kind: 'Secret', namespace, name }, { optional: true });
    if (secret !== undefined) keys = joinKeys(keys, decryptionKeys(secret));
  }
  const atHand = keys.age.length > 0 || keys.pgp.length > 0;
  if (atHand || own.asked) context.unrecorded();
  return { keys, atHand };
}

/** @see getsops/sops age/keysource.go, loadIdentities */
async function environmentKeys(
  context: TaskContext,
): Promise<{ readonly age: readonly string[]; readonly asked: boolean }> {
  const given = (name: string): string => context.environment(name) ?? '';
  const read = (name: string): string => {
    const path = given(name);
    if (path === '') return '';
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      context.warn(`${name}: ${path} cannot be read: ${(error as Error).message}`);
      return '';
    }
  };
  const run = async (name: string): Promise<string> => {
    const command = given(name);
    if (command === '') return '';
    const output = await outputOf(command);
    if (typeof output === 'string') return output;
    context.warn(`${name}: ${output.message}`);
    return '';
  };
  const names = [
    'SOPS_AGE_KEY',
    'SOPS_AGE_KEY_FILE',
    'SOPS_AGE_KEY_CMD',
    'SOPS_AGE_SSH_PRIVATE_KEY_FILE',
    'SOPS_AGE_SSH_PRIVATE_KEY_CMD',
  ];
  const asked = names.some((name) => given(name) !== '');
  const texts = [given('SOPS_AGE_KEY').replaceAll(' ', '\n'), read('SOPS_AGE_KEY_FILE'), await run('SOPS_AGE_KEY_CMD')];
  const ssh = [read('SOPS_AGE_SSH_PRIVATE_KEY_FILE'), await run('SOPS_AGE_SSH_PRIVATE_KEY_CMD')];
  return { age: [...texts.flatMap(ageKeysIn), ...ssh.filter((key) => key !== '')], asked };
}

/** A process asks each command once: it may ask a person. */
const outputs = new Map<string, Promise<string | Error>>();

function outputOf(command: string): Promise<string | Error> {
  let output = outputs.get(command);
  if (output === undefined) {
    const [program = '', ...words] = shellWords(command);
    output = new Promise((resolve) => {
      execFile(program, words, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) =>
        resolve(error === null ? stdout : new Error(stderr.trim() || error.message)),
      );
    });
    outputs.set(command, output);
  }
  return output;
}

/** Words of a command line with quotes and backslashes, as a POSIX shell parts them; nothing is expanded. */
function shellWords(text: string): string[] {
  const pieces = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
  return pieces.map((piece) =>
    piece.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped?: string, double?: string, single?: string) =>
      double === undefined ? (escaped ?? single ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
    ),
  );
}
