// Times whole runs side by side on this machine: cold, warm with nothing changed, and warm with one value changed; for
// flux-local and, where it is installed, flate. Whole processes, in turn (A B A B …), medians.
//
//   npm run bench [-- --repo DIR --path CLUSTER --what all|ks --edit FILE --runs N]
//
// Without a repository, a copy of examples/cluster is used. The repository is copied; nothing in it changes.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    repo: { type: 'string', default: join(root, 'examples/cluster') },
    path: { type: 'string', default: 'clusters/staging' },
    what: { type: 'string', default: 'all' },
    edit: { type: 'string', default: 'apps/default/worker/app/helm-release.yaml' },
    runs: { type: 'string', default: '7' },
  },
});
const runs = Number(options.runs);
const work = mkdtempSync(join(tmpdir(), 'flux-local-bench-'));
const repo = join(work, 'repo');
cpSync(resolve(options.repo), repo, { recursive: true, filter: (path) => !path.includes('/.flux-local-cache') });
if (!existsSync(join(repo, '.git'))) spawnSync('git', ['init', '-q'], { cwd: repo });

const cache = (tool) => join(work, `cache-${tool}`);
const tools = [
  {
    name: 'flux-local',
    argv: [
      process.execPath,
      join(root, 'dist/flux-local.js'),
      'build',
      options.what,
      '--path',
      options.path,
      '--cache-dir',
      cache('flux-local'),
    ],
  },
];
if (spawnSync('flate', ['--version']).status === 0)
  tools.push({
    name: 'flate',
    argv: [
      'flate',
      'build',
      options.what,
      '--path',
      options.path,
      '--cache-dir',
      cache('flate'),
      '--skip-secrets=false',
      '--skip-crds=false',
      '--no-progress',
    ],
  });

const hasTime = existsSync('/usr/bin/time');
function once(tool) {
  const measure = join(work, 'measure');
  const argv = hasTime ? ['/usr/bin/time', '-o', measure, '-f', '%e %U %S %M', ...tool.argv] : tool.argv;
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(argv[0], argv.slice(1), { cwd: repo, maxBuffer: 1 << 30 });
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0 && status !== 1) throw new Error(`${tool.name}: exit ${status}: ${stderr}`);
  const memory = hasTime
    ? Number(readFileSync(measure, 'utf8').trim().split('\n').at(-1).split(' ')[3]) / 1024
    : Number.NaN;
  return { wall, memory };
}

/** Tasks that ran and that were checked, as `--log-level debug` tells. */
function tasks() {
  const { stderr } = spawnSync(tools[0].argv[0], [...tools[0].argv.slice(1), '--log-level', 'debug'], {
    cwd: repo,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const ran = stderr.split('\n').filter((line) => / runs \(/.test(line)).length;
  const all = stderr.split('\n').filter((line) => /: (?:fresh|built|failed) in /.test(line)).length;
  return `${ran} of ${all}`;
}

const edited = join(repo, options.edit);
let number = 0;
/** Changes one digit of one line, so that each run finds an edit of its own. */
function edit() {
  number += 1;
  const text = readFileSync(edited, 'utf8');
  const line = text.split('\n').findIndex((one) => /^ {6,}\w+: .*\d/.test(one));
  if (line < 0) throw new Error(`${options.edit} has no value with a digit`);
  writeFileSync(
    edited,
    text
      .split('\n')
      .map((one, i) => (i === line ? one.replace(/\d+/, String(100 + number)) : one))
      .join('\n'),
  );
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const scenarios = [
  { name: 'cold', before: (tool) => rmSync(cache(tool.name), { recursive: true, force: true }) },
  { name: 'warm, nothing changed', before: () => {} },
  { name: 'warm, one value changed', before: edit },
];
try {
  console.log(`${options.what} of ${options.path}, ${runs} runs each, Node ${process.version}; medians`);
  console.log('scenario                  tool          wall ms   ratio   peak MiB   tasks run');
  for (const { name, before } of scenarios) {
    const figures = new Map(tools.map((tool) => [tool.name, []]));
    for (const tool of tools) if (name !== 'cold') once(tool);
    for (let i = 0; i < runs; i++)
      for (const tool of tools) {
        before(tool);
        figures.get(tool.name).push(once(tool));
      }
    before(tools[0]);
    const ran = tasks();
    const base = figures.get('flate');
    for (const [tool, all] of figures) {
      const ratio = base === undefined ? '' : median(all.map((one, i) => one.wall / base[i].wall)).toFixed(2);
      console.log(
        `${name.padEnd(24)}  ${tool.padEnd(11)}  ${median(all.map((one) => one.wall))
          .toFixed(0)
          .padStart(7)}  ${ratio.padStart(6)}  ${median(all.map((one) => one.memory))
          .toFixed(0)
          .padStart(9)}   ${tool === 'flux-local' ? ran : ''}`,
      );
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
