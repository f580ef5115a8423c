/** Files that sops encrypted, in a whole run: where keys come from, what generators read, and what no key here can open. */
import { afterEach, describe, expect, test } from 'vitest';
import { recorded } from '../flux/recorded.ts';
import { kustomization, Repository, type Tree } from './support.ts';

const { keys, files } = recorded('flux-sops-more.json') as {
  keys: Record<string, string>;
  files: readonly { readonly id: string; readonly encrypted: string }[];
};
const encrypted = (id: string): string => files.find((file) => file.id === id)!.encrypted;

let repository: Repository | undefined;
afterEach(() => {
  repository?.close();
  repository = undefined;
});

const DECRYPTING = 'decryption: {provider: sops}\n';
const open = (tree: Tree): Repository => {
  repository = new Repository({ 'cluster/apps.yaml': kustomization('apps', DECRYPTING), ...tree });
  return repository;
};
const build = (env: Record<string, string>) => repository!.with(env, 'build', 'all', '--path', 'cluster');

describe('keys', () => {
  test('come from the command that SOPS_AGE_KEY_CMD names', async () => {
    const { directory } = open({ 'apps/s.yaml': encrypted('one key group in the long form'), 'my keys': keys.age1! });
    const { stdout, code } = await build({ SOPS_AGE_KEY_CMD: `cat '${directory}/my keys'` });
    expect(code).toBe(0);
    expect(stdout).toContain('password: ');
    expect(stdout).not.toContain('PLACEHOLDER');
  });

  test('a command that fails is told, and placeholders stand', async () => {
    open({ 'apps/s.yaml': encrypted('one key group in the long form') });
    const { stdout, stderr, code } = await build({ SOPS_AGE_KEY_CMD: 'no-such-program-here --key' });
    expect(code).toBe(0);
    expect(stdout).toContain('..PLACEHOLDER_password..');
    expect(stderr).toMatch(/SOPS_AGE_KEY_CMD: .*no-such-program-here/);
  });

  for (const name of ['id_ed25519', 'id_rsa', 'id_rsa_pem'])
    test(`may be an ssh key in SOPS_AGE_SSH_PRIVATE_KEY_FILE: ${name}`, async () => {
      const { directory } = open({ 'apps/s.yaml': encrypted(`an ssh key: ${name}`), key: keys[name]! });
      const { stdout, code } = await build({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: `${directory}/key` });
      expect(code).toBe(0);
      expect(stdout).toContain('user: admin');
    });

  test('several in SOPS_AGE_KEY stand in one line or in many', async () => {
    open({ 'apps/s.yaml': encrypted('two key groups, both needed') });
    for (const parted of [' ', '\n']) {
      const { stdout } = await build({ SOPS_AGE_KEY: `${keys.age0}${parted}${keys.age1}` });
      expect(stdout).toContain('user: admin');
    }
    const { stdout, stderr } = await build({ SOPS_AGE_KEY: keys.age0! });
    expect(stdout).toContain('..PLACEHOLDER_user..');
    expect(stderr).toMatch(
      /2 of 2 key groups: \(age \w+\), \(age \w+\) and the keys at hand open too few of the groups/,
    );
  });

  test('a key that comes to be after a run without it opens what stood closed', async () => {
    const { directory } = open({ 'apps/s.yaml': encrypted('one key group in the long form') });
    const env = { SOPS_AGE_KEY_FILE: `${directory}/later` };
    expect((await build(env)).stdout).toContain('PLACEHOLDER');
    repository!.write('later', keys.age1!);
    expect((await build(env)).stdout).toContain('user: admin');
  });

  test('a PGP key behind a passphrase is no help, as in the cluster, and the message says why', async () => {
    open({
      'cluster/apps.yaml': kustomization('apps', 'decryption: {provider: sops, secretRef: {name: pgp}}\n'),
      'cluster/key.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: pgp, namespace: flux-system}\nstringData:\n  k.asc: ${JSON.stringify(keys.pgplocked)}\n`,
      'apps/s.yaml': encrypted('a pgp key with a passphrase'),
    });
    const { stdout, stderr, code } = await build({});
    expect(code).toBe(0);
    expect(stdout).toContain('PLACEHOLDER_password');
    expect(stderr).toMatch(/encrypted for pgp [0-9A-F]{40} and the PGP key for it is protected by a passphrase/);
  });
});

test('what only a service opens is named, and the run goes on with placeholders', async () => {
  const secret = `apiVersion: v1
kind: Secret
metadata: {name: s, namespace: apps}
stringData:
  password: ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]
sops:
  kms: [{arn: "arn:aws:kms:eu-west-1:1:key/k", created_at: "2026-01-01T00:00:00Z", enc: x}]
  gcp_kms: [{resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k, created_at: "2026-01-01T00:00:00Z", enc: x}]
  azure_kv: [{vault_url: "https://v.vault.azure.net", name: n, version: "1", created_at: "2026-01-01T00:00:00Z", enc: x}]
  hc_vault: [{vault_address: "https://vault:8200", engine_path: sops, key_name: k, created_at: "2026-01-01T00:00:00Z", enc: x}]
  lastmodified: "2026-01-01T00:00:00Z"
  mac: ENC[AES256_GCM,data:bXk=,iv:bXk=,tag:bXk=,type:str]
`;
  open({ 'apps/s.yaml': secret });
  const { stdout, stderr, code } = await build({});
  expect(code).toBe(0);
  expect(stdout).toContain('..PLACEHOLDER_password..');
  for (const key of [
    'AWS KMS arn:aws:kms:eu-west-1:1:key/k',
    'GCP KMS projects/p/locations/l/keyRings/r/cryptoKeys/k',
    'Azure Key Vault https://v.vault.azure.net/keys/n/1',
    'Vault https://vault:8200/v1/sops/keys/k',
  ])
    expect(stderr).toContain(key);
});

test('generators of Secrets read INI, dotenv, JSON, YAML and binary files as they were, and name the Secret after that', async () => {
  const generator = (extra: string) => `secretGenerator: [{name: g, namespace: apps, ${extra}}]\n`;
  open({
    'apps/kustomization.yaml': generator(
      'envs: [app.env], files: [conf.ini, data.json, values.yaml=comments.yaml, blob]',
    ),
    'apps/app.env': encrypted('key groups of a dotenv file'),
    'apps/conf.ini': encrypted('ini, an empty section'),
    'apps/data.json': encrypted('json'),
    'apps/comments.yaml': encrypted('comments everywhere'),
    'apps/blob': encrypted('binary'),
  });
  const { stdout, code } = await build({ SOPS_AGE_KEY: `${keys.age0} ${keys.age2}` });
  expect(code).toBe(0);
  const plain = open({
    'apps/kustomization.yaml': generator(
      'envs: [app.env], files: [conf.ini, data.json, values.yaml=comments.yaml, blob]',
    ),
    'apps/app.env': 'A=1\nB=two\n',
    ...Object.fromEntries(
      (
        [
          ['conf.ini', 'ini, an empty section'],
          ['data.json', 'json'],
          ['comments.yaml', 'comments everywhere'],
        ] as const
      ).map(([name, id]) => [`apps/${name}`, decrypted(id).toString()]),
    ),
  });
  plain.write('apps/blob', decrypted('binary'));
  expect(stdout).toBe((await build({})).stdout);
});

const decrypted = (id: string): Buffer =>
  Buffer.from((files.find((file) => file.id === id) as { readonly decrypted?: string }).decrypted!, 'base64');

test('generators of ConfigMaps read files as they stand: only those of Secrets are decrypted', async () => {
  open({
    'apps/kustomization.yaml': 'configMapGenerator: [{name: g, namespace: apps, files: [conf.ini]}]\n',
    'apps/conf.ini': encrypted('ini, an empty section'),
  });
  const { stdout } = await build({ SOPS_AGE_KEY: keys.age0! });
  expect(stdout).toContain('ENC[AES256_GCM');
});

test('a file that the rule of encrypted comments covers stays encrypted as an object, as in the cluster, and a warning says so', async () => {
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: apps}\nstringData:\n  # sops:enc\n  a: x\n`;
  const { encrypted: file } = files.find(({ id }) => id === 'encrypted_comment_regex')!;
  const [data, sops] = [/ENC\[[^\]]*\]/.exec(file)![0], file.slice(file.indexOf('sops:\n'))];
  open({ 'apps/s.yaml': secret.replace('a: x', `a: ${data}`) + sops });
  const { stdout, stderr } = await build({ SOPS_AGE_KEY: keys.age0! });
  expect(stdout).toContain('a: ENC[AES256_GCM');
  expect(stderr).toContain('encrypted_comment_regex');
});

test('a file of the older field env is left encrypted, and one that is too large is refused, as the controller does', async () => {
  open({
    'apps/kustomization.yaml': 'secretGenerator: [{name: g, namespace: apps, env: app.env}]\n',
    'apps/app.env': encrypted('dotenv with a rule'),
  });
  expect((await build({ SOPS_AGE_KEY: keys.age0! })).stdout).toMatch(/ SECRET_B: \|\n {4}RU5DW0FFUzI1Nl9H/); // ENC[AES256_G
  repository!.close();
  open({
    'apps/kustomization.yaml': 'secretGenerator: [{name: g, namespace: apps, files: [large]}]\n',
    large: '',
  });
  repository!.write('apps/large', Buffer.alloc(5 * 1024 * 1024 + 1, 'x'));
  expect((await build({})).stderr).toContain('cannot decrypt file with size (5242881 bytes) exceeding limit (5242880)');
});
