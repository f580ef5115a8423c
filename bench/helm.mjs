/**
 * Renders every chart of a directory in one process, next to `helm template` for each and to a Go loop over Helm's own engine.
 *
 *   npm run bench:helm -- CHARTS [VALUES_ROOT]
 *
 * CHARTS holds packed charts and an `index.json`: name to [archive, source directory, values files]; values files are below
 * VALUES_ROOT. The other rows appear where the environment names their programs: `HELM` (the helm program) and `HELM_GO_LOOP` (a
 * program that is given a JSON list of `{ chart, values }` as its only argument and prints the milliseconds it took, charts loaded
 * from disk each time). Charts that generate keys or certificates are left out: those take seconds in either.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [charts, valuesRoot = charts] = process.argv.slice(2);
if (charts === undefined) {
  console.error('usage: npm run bench:helm -- CHARTS [VALUES_ROOT]');
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'bench-helm-'));
try {
  const outfile = join(scratch, 'engine.mjs');
  await build({
    stdin: {
      contents: "export * from './src/engines/helm/index.ts';",
      resolveDir: join(import.meta.dirname, '..'),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const engine = await import(pathToFileURL(outfile).href);
  if (process.env.BENCH_HELM_LIST) {
    writeFileSync(process.env.BENCH_HELM_LIST, JSON.stringify(jobsOf(engine)));
  } else compare(engine);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function compare(engine) {
  // Which charts take part is found out by another process, so that this one starts cold.
  const list = join(scratch, 'jobs.json');
  execFileSync(process.execPath, process.argv.slice(1), { env: { ...process.env, BENCH_HELM_LIST: list } });
  const jobs = JSON.parse(readFileSync(list, 'utf8'));
  console.log(`${jobs.length} renders`);
  const first = time(() => {
    for (const job of jobs) render(engine, job);
  });
  report('ours, one process, first pass', first, jobs.length);
  const second = time(() => {
    for (const job of jobs) render(engine, job);
  });
  report('ours, one process, second pass', second, jobs.length);
  const { HELM_GO_LOOP, HELM } = process.env;
  if (HELM_GO_LOOP) {
    const go = Number(
      execFileSync(HELM_GO_LOOP, [list], { encoding: 'utf8', maxBuffer: 1 << 30 })
        .trim()
        .split('\n')
        .at(-1),
    );
    report('Go loop, one process', go, jobs.length);
    console.log(
      `ours takes ${(first / go).toFixed(2)} of the Go loop's time (second pass ${(second / go).toFixed(2)})`,
    );
  }
  if (HELM) {
    const helm = time(() => {
      for (const job of jobs) runHelm(HELM, job);
    });
    report('helm template, a process each', helm, jobs.length);
  }
}

function jobsOf({ loadChartArchive }) {
  const index = JSON.parse(readFileSync(join(charts, 'index.json'), 'utf8'));
  const jobs = [];
  for (const name of Object.keys(index).sort()) {
    const [archive, , values] = index[name];
    const chart = join(charts, archive);
    const loaded = loadChartArchive(readFileSync(chart));
    if (!loaded.ok || makesKeys(loaded.value)) continue;
    for (const file of [undefined, ...values])
      jobs.push({ chart, values: file === undefined ? null : join(valuesRoot, file) });
  }
  return jobs;
}

/** Whether a template makes keys or certificates; those of library charts only lend their helpers. */
function makesKeys(chart) {
  return (
    (chart.metadata.type !== 'library' &&
      chart.templates.some(({ text }) => /\b(genCA|genSelfSignedCert|genSignedCert|genPrivateKey)/.test(text))) ||
    chart.dependencies.some(makesKeys)
  );
}

function render(engine, { chart, values }) {
  const loaded = engine.loadChartArchive(readFileSync(chart));
  const read = (path) => ({ ok: true, value: readFileSync(path, 'utf8') });
  const composed = engine.composeValues({ valueFiles: values === null ? [] : [values] }, read, '4');
  if (!loaded.ok || !composed.ok) return 0;
  const rendered = engine.renderChart(loaded.value, composed.value, {
    release: { name: 'rel', namespace: 'ns' },
    kubeVersion: '1.34.0',
    includeCrds: true,
  });
  return rendered.ok ? engine.toStream(rendered.value).length : 0;
}

function runHelm(helm, { chart, values }) {
  const args = ['template', 'rel', chart, '--include-crds', '--kube-version', '1.34.0', '-n', 'ns'];
  if (values !== null) args.push('-f', values);
  try {
    execFileSync(helm, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  } catch {
    // A chart that helm refuses takes its time as well.
  }
}

function time(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function report(what, ms, count) {
  console.log(
    `${what.padEnd(34)} ${Math.round(ms).toString().padStart(8)} ms  ${(ms / count).toFixed(2).padStart(8)} ms each`,
  );
}
