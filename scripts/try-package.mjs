// Packs the package as `npm publish` would, installs the archive into an empty directory, and runs the command and every
// entry point from there, as a user would.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const directory = mkdtempSync(join(tmpdir(), 'flux-local-package-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const need = (what, held) => {
  if (!held) throw new Error(`${what} does not hold for the installed package`);
};

try {
  run('npm', ['pack', '--silent', '--pack-destination', directory], root);
  const archive = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  const user = join(directory, 'user');
  execFileSync('mkdir', [user]);
  writeFileSync(join(user, 'package.json'), '{"private":true,"type":"module"}\n');
  run('npm', ['install', '--silent', join(directory, archive)], user);
  const bin = join(user, 'node_modules/.bin/flux-local');
  need('--version', /^\d+\.\d+\.\d+/.test(run(bin, ['--version'], user)));
  execFileSync('cp', ['-r', join(root, 'examples/cluster'), user]);
  const built = run(bin, ['build', 'all', '--path', 'cluster/clusters/staging'], user);
  need('build all', built.split('\n---\n').length > 50);
  need(
    'a warm build gives the same bytes',
    run(bin, ['build', 'all', '--path', 'cluster/clusters/staging'], user) === built,
  );
  writeFileSync(
    join(user, 'use.mjs'),
    `import { renderTemplates } from 'flux-local/helm';
import { parse, stringify } from 'flux-local/goyaml';
import { build } from 'flux-local/kustomize';
import { substitute } from 'flux-local/envsubst';
const rendered = renderTemplates(
  { metadata: { name: 'c', version: '1.0.0' }, templates: { 'templates/a.yaml': 'a: {{ .Values.a | quote }}' } },
  { values: 'a: 1', release: { name: 'r', namespace: 'n', revision: 1, isInstall: true, isUpgrade: false }, kubeVersion: 'v1.34.0' },
);
const parsed = parse('a: yes');
const built = build({ files: { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n' }, path: '.', options: {} });
const text = substitute('\${a}', { a: 'b' });
console.log(JSON.stringify([rendered.ok && Object.values(rendered.value), parsed.ok && stringify(parsed.value), built.ok, text.ok && text.value]));
`,
  );
  const used = run(process.execPath, ['use.mjs'], user).trim();
  need(`the entry points (${used})`, used === JSON.stringify([['a: "1"'], 'a: true\n', true, 'b']));
  console.log('the packed package installs and runs');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
