// Bundles `src/` into `dist/`: the command, which loads each heavy part only when it is needed, and the entry points.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { classicScript, LATER_SCRIPT } from './classic-script.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Has a file of its own beside its code (WebAssembly), or is optional. */
const EXTERNAL = ['node-sqlite3-wasm', 'fsevents'];

/** Entry point name → source: the modules of package.json's `exports`. */
const ENTRIES = {
  helm: 'src/engines/helm/public.ts',
  goyaml: 'src/engines/goyaml/public.ts',
  kustomize: 'src/engines/kustomize/public.ts',
  envsubst: 'src/engines/envsubst/public.ts',
};

/** Marks a search for a package that is not to be answered with what stands in for it. */
const ITSELF = 'itself';

/**
 * `import('pkg')` of a CommonJS package: esbuild gives such a chunk a default export alone where chunks are split. Here it gets
 * the names that Node gives it.
 */
const namedDynamicImports = {
  name: 'named-dynamic-imports',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, importer }) => {
      if (kind !== 'dynamic-import' || isBuiltin(path) || EXTERNAL.includes(path)) return undefined;
      if (importer.includes('node_modules')) return undefined;
      const found = await bundle.resolve(path, { kind: 'import-statement', resolveDir, pluginData: ITSELF });
      if (found.errors.length > 0) return found;
      const { metafile } = await bundle.esbuild.build({
        entryPoints: [found.path],
        bundle: true,
        packages: 'external',
        platform: 'node',
        write: false,
        metafile: true,
        logLevel: 'silent',
        outdir: 'unwritten',
      });
      const entry =
        Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint ?? '';
      const isModule = metafile.inputs[entry]?.format === 'esm';
      return isModule ? found : { path: found.path, namespace: 'names' };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'names' }, async ({ path }) => {
      await import('reflect-metadata'); // a package may want it there before it is loaded
      const names = Object.keys(createRequire(path)(path)).filter(
        (name) => name !== 'default' && /^[A-Za-z_$][\w$]*$/.test(name),
      );
      const from = JSON.stringify(path);
      return {
        contents: `export { ${names.join(', ')} } from ${from}; export { default } from ${from};`,
        resolveDir: dirname(path),
      };
    });
  },
};

/**
 * Node's own modules that take a millisecond and more to load, and that most runs never use: they are loaded when something of
 * them is asked for. Imports of a CommonJS module share its prototype, so the one trap answers them all.
 */
const laterNodeModules = {
  name: 'later-node-modules',
  setup(bundle) {
    bundle.onResolve({ filter: /^(?:node:)?(?:crypto|zlib|net|child_process|os|v8)$/ }, ({ path, namespace }) =>
      namespace === 'later'
        ? { path, external: true }
        : { path: path.replace(/^(?!node:)/, 'node:'), namespace: 'later' },
    );
    bundle.onLoad({ filter: /.*/, namespace: 'later' }, ({ path }) => ({ contents: loadedLater(path) }));
  },
};
/** For the launcher, whose own code nothing keeps: the few functions that it may call, module → names. */
const calledLater = (functions) => ({
  name: 'called-later',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      Object.hasOwn(functions, path) && namespace !== 'called' ? { path, namespace: 'called' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'called' }, ({ path }) => ({
      contents: functions[path]
        .map((name) => `export const ${name} = (...all) => require(${JSON.stringify(path)}).${name}(...all);`)
        .join('\n'),
    }));
  },
});

/** What most runs never use of packages and of the program, loaded likewise: each is a script of its own. */
const LATER_PARTS = [
  'bcryptjs',
  're2js',
  'src/engines/goyaml/decode.ts',
  'src/engines/goyaml/parser.ts',
  'src/engines/gotemplate/sprig/certificates.ts',
  'src/engines/gotemplate/sprig/keys.ts',
  'src/engines/gotemplate/sprig/regex.ts',
  'src/engines/gotemplate/sprig/toml.ts',
  'src/engines/gotemplate/sprig/url.ts',
  'src/engines/gotemplate/time-layout.ts',
  'src/engines/gotemplate/zone-names.ts',
  'src/engines/helm/json-schema/index.ts',
  'src/engines/helm/strvals.ts',
  'src/engines/helm/tar.ts',
];
const laterParts = {
  name: 'later-parts',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^/]/ }, ({ path, kind, importer, resolveDir, pluginData }) => {
      if (path.startsWith(LATER_SCRIPT)) return { path, external: true };
      const part = path.startsWith('.') ? relative(root, join(resolveDir, path)).replaceAll('\\', '/') : path;
      return LATER_PARTS.includes(part) && kind === 'import-statement' && importer !== '' && pluginData !== ITSELF
        ? { path: part, namespace: 'later-part' }
        : undefined;
    });
    bundle.onLoad({ filter: /.*/, namespace: 'later-part' }, ({ path }) => ({
      contents: loadedLater(`${LATER_SCRIPT}${path}`),
    }));
  },
};

const loadedLater = (path) => `let loaded;
  const load = () => (loaded ??= require(${JSON.stringify(path)}));
  module.exports = Object.create(new Proxy({}, { get: (_, name) => load()[name], has: (_, name) => name in load() }));`;

/** Group of scripts that are one (`src/cli/launch.ts`), `bin` at its end → the modules of `src/cli` that load them. */
const GROUPS = { start: ['bin', 'replay'], template: ['bin', 'main', 'template', 'helm-values', 'kube-namespace'] };

/** The bundler leaves regular expressions alone as they are written, and escapes all else. */
function inAscii(text) {
  if (/\\[^\x00-\x7f]/.test(text)) throw new Error('a character beyond ASCII is escaped by a backslash');
  return text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The chunks that are loaded when these are, before what imports them. */
function loadedWith({ outputs }, names) {
  const all = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const found = new Set();
  const add = (name) => {
    if (found.has(name)) return;
    for (const { path, kind, external } of all.get(name).imports)
      if (kind === 'import-statement' && !external) add(basename(path));
    found.add(name);
  };
  for (const name of names) add(name);
  return [...found];
}

const TABLE = 'table';
/**
 * The chunks of a group as one scope: what one takes from another is a variable, where exports and imports would be some hundred
 * properties that are written and read once. `$exports` gets what makes a chunk's exports, of those that others may ask for.
 */
const joinedScripts = (names, texts, { outputs }) => ({
  name: 'joined-scripts',
  setup(bundle) {
    const asked = new Set();
    for (const [path, { imports }] of Object.entries(outputs))
      for (const { path: target, kind } of imports)
        if (kind !== 'import-statement' || !names.includes(basename(path))) asked.add(basename(target));
    bundle.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (path === TABLE) return { path, namespace: TABLE };
      if (!path.startsWith('./') || kind === 'dynamic-import') return { path, external: true };
      return { path: basename(path), namespace: 'joined' };
    });
    bundle.onLoad({ filter: /.*/, namespace: 'joined' }, ({ path }) => ({ contents: texts.get(path) }));
    bundle.onLoad({ filter: /.*/, namespace: TABLE }, () => {
      const lines = names
        .filter((name) => asked.has(name))
        .map((name, at) => {
          const { exports } = outputs[Object.keys(outputs).find((path) => basename(path) === name)];
          const locals = exports.map((exported) => `${exported} as $${at}_${exported}`);
          const members = exports.map((exported) => `${exported}: $${at}_${exported}`);
          return `import { ${locals.join(', ')} } from './${name}';
            $exports[${JSON.stringify(name)}] = () => ({ ${members.join(', ')} });`;
        });
      return { contents: lines.join('\n') };
    });
  },
});

/** A digest of all that goes into the bundles. */
function buildId() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const bundling = ['scripts/build.mjs', 'scripts/classic-script.mjs', 'package-lock.json'];
  for (const file of [...sources.sort().map((source) => `src/${source}`), ...bundling])
    hash.update(`${file.replaceAll('\\', '/')}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

export async function build({ types = false, quiet = false } = {}) {
  const { build: bundle } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  const define = {
    'process.env.FLUX_LOCAL_VERSION': JSON.stringify(version),
    'process.env.FLUX_LOCAL_BUILD': JSON.stringify(buildId()),
  };
  const common = {
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    supported: { 'regexp-unicode-property-escapes': true }, // all but the newest names, of which there are none here
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    logLevel: quiet ? 'error' : 'warning',
  };
  const split = { ...common, format: 'esm', splitting: true, external: EXTERNAL, plugins: [namedDynamicImports] };
  await bundle({
    ...split,
    define,
    entryPoints: ENTRIES,
    chunkNames: 'chunks/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    // Bundled CommonJS packages call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const { outputFiles, metafile } = await bundle({
    ...split,
    plugins: [namedDynamicImports, laterNodeModules, laterParts],
    define,
    entryPoints: ['src/cli/bin.ts', ...LATER_PARTS],
    outdir: 'dist/command',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    write: false,
    metafile: true,
  });
  mkdirSync(join(dist, 'command'));
  const outputs = Object.entries(metafile.outputs);
  const outputOf = (source) => basename(outputs.find(([, { entryPoint }]) => entryPoint?.includes(source))[0]);
  const later = new Map(LATER_PARTS.map((part) => [part, outputOf(part)]));
  const scripts = new Map();
  for (const { path, text } of outputFiles) {
    const name = basename(path);
    if (name.endsWith('.js')) scripts.set(name, inAscii(await classicScript(name, text, later)));
    writeFileSync(path, scripts.get(name) ?? text);
  }
  const groups = {};
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  for (const [group, entries] of Object.entries(GROUPS)) {
    const names = loadedWith(
      metafile,
      entries.map((entry) => outputOf(`src/cli/${entry}.ts`)),
    );
    const { outputFiles: joined } = await bundle({
      ...common,
      format: 'esm',
      legalComments: 'eof',
      stdin: { contents: `import ${JSON.stringify(TABLE)}; import './${outputOf('src/cli/bin.ts')}';` },
      plugins: [joinedScripts(names, texts, metafile)],
      write: false,
    });
    const text = inAscii(await classicScript(group, joined[0].text, later));
    groups[group] = `${group}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.js`;
    writeFileSync(join(dist, 'command', groups[group]), text);
  }
  await bundle({
    ...common,
    format: 'cjs',
    entryPoints: { 'flux-local': 'src/cli/launch.ts' },
    minifyIdentifiers: true, // nothing keeps the code of this one
    plugins: [
      calledLater({
        'node:os': ['homedir'],
        'node:path': ['dirname', 'join'],
        'node:url': ['pathToFileURL'],
        'node:v8': ['setFlagsFromString'],
      }),
    ],
    define: {
      ...define,
      'import.meta.dirname': '__dirname',
      'process.env.FLUX_LOCAL_GROUPS': JSON.stringify(JSON.stringify(groups)),
    },
  });
  chmodSync(join(dist, 'flux-local.js'), 0o755);
  writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}\n');
  if (types) {
    const { status } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json'],
      { cwd: root, stdio: 'inherit' },
    );
    if (status !== 0) process.exit(status ?? 1);
    writeFileSync(join(dist, 'types/package.json'), '{"type":"module"}\n');
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await build({ types: process.argv.includes('--types') });
