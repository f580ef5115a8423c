// Times kustomize builds on this machine: all kustomization directories of a repository in one process against one
// `kustomize build` each and against kustomize's library looping in one process; and an overlay of thousands of objects.
//
//   npm run bench:kustomize [-- --repo DIR --objects N --runs N]
//
// `--repo` (or KUSTOMIZE_BENCH_REPO) is a checkout; without one only the overlay is timed. `kustomize` is taken from the PATH
// or KUSTOMIZE_BIN. KUSTOMIZE_LOOP is a program that reads directories from stdin, one a line, builds each with kustomize's
// `krusty` package in one process, as many rounds as its argument says, and prints {"ms": [time of each round]}.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    repo: { type: 'string', default: process.env.KUSTOMIZE_BENCH_REPO ?? '' },
    objects: { type: 'string', default: '4000' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(options.runs);
const kustomize = process.env.KUSTOMIZE_BIN ?? 'kustomize';
const loop = process.env.KUSTOMIZE_LOOP ?? '';
const hasKustomize = spawnSync(kustomize, ['version']).status === 0;
const work = mkdtempSync(join(tmpdir(), 'kustomize-bench-'));

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
const ms = (time) => `${time.toFixed(0)} ms`.padStart(10);

/** A program that does what the loop does, with our engine. */
async function ourLoop() {
  const file = join(work, 'ours.mjs');
  await build({
    stdin: {
      resolveDir: root,
      contents: `
        import { readFileSync } from 'node:fs';
        import { buildKustomization, toStream } from './src/engines/kustomize/index.ts';
        import { DiskFileSystem } from './src/core/disk-file-system.ts';
        import { optimiseLater } from './src/cli/optimise-later.ts';
        optimiseLater(); // as the command does
        const directories = readFileSync(0, 'utf8').split('\\n').filter(Boolean);
        const fs = new DiskFileSystem('/');
        const ms = [];
        for (let round = 0; round < Number(process.argv[2]); round++) {
          const start = performance.now();
          for (const directory of directories) {
            const built = buildKustomization(fs, directory);
            if (built.ok) toStream(built.value);
            else console.error(directory, built.error.message);
          }
          ms.push(performance.now() - start);
        }
        console.log(JSON.stringify({ ms }));`,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: file,
  });
  return [process.execPath, [file]];
}

/** The times of so many rounds over the directories in one process. */
const run = ([program, args], directories, rounds) => {
  const { stdout, stderr, status } = spawnSync(program, [...args, String(rounds)], {
    input: directories.join('\n'),
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(String(stderr));
  return JSON.parse(String(stdout)).ms;
};

function kustomizations(directory, found = []) {
  const entries = readdirSync(directory, { withFileTypes: true });
  if (entries.some((entry) => /^(?:kustomization\.ya?ml|Kustomization)$/.test(entry.name))) found.push(directory);
  for (const entry of entries)
    if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules')
      kustomizations(join(directory, entry.name), found);
  return found;
}

/** Deployments, Services, ConfigMaps and Ingresses that refer to each other, under an overlay that changes all of them. */
function overlay(directory, objects) {
  mkdirSync(join(directory, 'base'), { recursive: true });
  mkdirSync(join(directory, 'overlay'), { recursive: true });
  const files = [];
  for (let at = 0; at < objects / 4; at++) {
    const name = `app-${at}`;
    files.push(`${name}.yaml`);
    writeFileSync(
      join(directory, 'base', `${name}.yaml`),
      `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}-config }
data: { HOST: placeholder, INDEX: "${at}" }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector: { matchLabels: { run: ${name} } }
  template:
    metadata: { labels: { run: ${name} } }
    spec:
      containers:
      - name: main
        image: nginx:1.25
        envFrom: [{ configMapRef: { name: ${name}-config } }]
        env: [{ name: DOMAIN, value: placeholder }]
      - name: side
        image: busybox
      volumes: [{ name: config, configMap: { name: ${name}-config } }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { run: ${name} }, ports: [{ port: 80 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  rules:
  - host: ${name}.example.org
    http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }] }
`,
    );
  }
  writeFileSync(
    join(directory, 'base/kustomization.yaml'),
    `resources:\n${files.map((file) => `- ${file}`).join('\n')}\n`,
  );
  writeFileSync(
    join(directory, 'overlay/kustomization.yaml'),
    `namePrefix: staging-
namespace: staging
resources: [../base]
labels: [{ pairs: { tier: front, team: web }, includeSelectors: true }]
images:
- { name: nginx, newTag: "1.27" }
- { name: busybox, newName: registry.example.org/busybox, newTag: "1.36" }
replacements:
- source: { kind: ConfigMap, name: app-0-config, fieldPath: data.INDEX }
  targets: [{ select: { kind: ConfigMap }, fieldPaths: [data.HOST] }]
- source: { kind: Service, name: app-1, fieldPath: metadata.name }
  targets: [{ select: { kind: Deployment }, fieldPaths: ["spec.template.spec.containers.[name=main].env.[name=DOMAIN].value"] }]
`,
  );
  return join(directory, 'overlay');
}

try {
  const ours = await ourLoop();
  if (options.repo !== '') {
    const directories = kustomizations(resolve(options.repo));
    const first = { ours: [], loop: [] };
    const later = { ours: [], loop: [] };
    const time = (name, program) => {
      const [cold, ...warm] = run(program, directories, 6);
      first[name].push(cold);
      later[name].push(median(warm));
    };
    for (let at = 0; at < runs; at++) {
      time('ours', ours);
      if (loop !== '') time('loop', [loop, []]);
    }
    console.log(`${directories.length} directories of ${options.repo} in one process, medians of ${runs}`);
    for (const [name, times] of [
      ['first round', first],
      ['later rounds', later],
    ]) {
      const mine = median(times.ours);
      const theirs = loop === '' ? undefined : median(times.loop);
      const compared =
        theirs === undefined ? '' : `   kustomize's library ${ms(theirs)}   ratio ${(mine / theirs).toFixed(2)}`;
      console.log(`  ${name.padEnd(12)}   flux-local ${ms(mine)}${compared}`);
    }
    if (hasKustomize) {
      const start = performance.now();
      for (const directory of directories) spawnSync(kustomize, ['build', directory], { maxBuffer: 1 << 30 });
      console.log(`  kustomize, one process for each directory ${ms(performance.now() - start)}`);
    }
  }
  const sizes = [Number(options.objects) / 4, Number(options.objects) / 2, Number(options.objects)];
  console.log('one overlay with prefix, namespace, labels, images, replacements and name references');
  for (const size of sizes) {
    const directory = overlay(join(work, `overlay-${size}`), size);
    const times = [];
    for (let at = 0; at < runs; at++) times.push(run(ours, [directory], 1)[0]);
    console.log(`  ${size} objects: flux-local ${ms(median(times))}`);
    if (size !== sizes.at(-1) || !hasKustomize) continue;
    const start = performance.now();
    execFileSync(kustomize, ['build', directory], { maxBuffer: 1 << 30 });
    const theirs = performance.now() - start;
    console.log(`  ${size} objects: kustomize  ${ms(theirs)}   ratio ${(median(times) / theirs).toFixed(2)}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
