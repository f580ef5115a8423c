import { quoteGo } from '../../../core/go-quote.ts';
import { getIn, type YamlMap } from '../../../core/value.ts';

import type { BuildContext } from '../build-context.ts';
import { loadTransformerConfig } from '../config/load-config.ts';
import { loadCrdConfig } from '../config/load-crds.ts';
import { mergeGenerated } from '../generators/config-maps/merge-generated.ts';
import { goJson } from '../go-json.ts';
import { idString } from '../ids.ts';
import { type Kustomization, readKustomization } from '../kustomization/read-kustomization.ts';
import type { Loader } from '../loading/loader.ts';
import { appendOrigin, EMPTY_ORIGIN, type Origin, originText, transformationText } from '../loading/origin.ts';
import { isRemoteFile, parseRepoSpec } from '../loading/repo-spec.ts';
import { withFile } from '../loading/resources.ts';
import { readConfig } from '../nodes/read-config.ts';
import type { RemoteRequest } from '../options.ts';
import { asProblem, KustomizeProblem, prefixed } from '../problem.ts';
import type { Resource } from '../resource.ts';
import type { ResourceMap } from '../resource-map.ts';
import { addHashes } from '../transformers/hash/hash.ts';
import { fixNameReferences } from '../transformers/name-references/name-references.ts';
import { markVarSources, resolveVars, varText } from '../transformers/vars/vars.ts';
import { Accumulator } from './accumulator.ts';
import { builtinGenerators, builtinTransformers } from './builtins.ts';
import { type PlacedTransformer, pluginGenerators, pluginTransformers } from './plugins.ts';

const ORIGIN = 'config.kubernetes.io/origin';
const TRANSFORMATIONS = 'alpha.config.kubernetes.io/transformations';

/**
 * One kustomization of a build, with all below it.
 * @see kustomize api/internal/target/kusttarget.go
 */
export class Target {
  readonly kustomization: Kustomization;
  readonly loader: Loader;
  readonly context: BuildContext;
  /** The build's options that the outermost kustomization sets for all. */
  #metadata: readonly string[];
  /** Where this one stands, if objects are to tell where they come from. */
  origin: Origin | undefined;
  /** The namespace that an outer kustomization sets, for charts. */
  helmNamespace = '';

  constructor(loader: Loader, context: BuildContext) {
    this.loader = loader;
    this.context = context;
    this.kustomization = readKustomization(loader, (text) => context.warn(text));
    this.#metadata = this.kustomization.buildMetadata ?? [];
  }

  /** Reads the file that `openapi.path` names, if any. */
  chooseSchema(): void {
    const { openapi } = this.kustomization;
    const path = openapi?.get('path');
    const document = path === undefined ? undefined : readConfig(this.loader.load(path));
    this.context.schemas.choose(openapi?.get('version'), document);
  }

  /** The objects of the outermost kustomization, names and variables resolved. */
  build(): ResourceMap {
    if (this.#metadata.length > 0) this.origin = EMPTY_ORIGIN;
    const accumulator = this.#accumulate(new Accumulator());
    const { resources } = accumulator;
    addHashes(resources);
    if (accumulator.config.nameReferences.length > 0) fixNameReferences(resources, accumulator.config.nameReferences);
    const unused = resolveVars(resources, accumulator.vars, accumulator.config.fields.varReference);
    if (unused.length > 0) this.context.warn(`well-defined vars that were never replaced: ${unused.join(',')}`);
    dropLocal(resources);
    return resources;
  }

  /** @param into empty, or, for a component, what its parent has */
  #accumulate(into: Accumulator): Accumulator {
    const { kustomization, loader } = this;
    prefixed('accumulating resources', () => this.accumulateResources(into, kustomization.resources ?? []));
    into.mergeConfig(loadTransformerConfig(loader, kustomization.configurations ?? []));
    into.mergeConfig(
      prefixed(
        () => `loading CRDs [${(kustomization.crds ?? []).join(' ')}]`,
        () => loadCrdConfig(loader, kustomization.crds ?? []),
      ),
    );
    this.#runGenerators(into);
    const accumulated = prefixed('accumulating components', () =>
      this.#accumulateComponents(into, kustomization.components ?? []),
    );
    this.#runTransformers(accumulated);
    this.#runValidators(accumulated.resources);
    const vars = kustomization.vars ?? [];
    prefixed(
      () => `merging vars [${vars.map((one) => varText(one)).join(' ')}]`,
      () => {
        markVarSources(accumulated.resources, vars);
        accumulated.vars.add(vars);
      },
    );
    return accumulated;
  }

  // Resources

  /** Adds what paths lead to: files, directories, remote bases. */
  accumulateResources(into: Accumulator, paths: readonly string[]): void {
    for (const path of paths) {
      try {
        this.#accumulatePath(into, path);
      } catch (thrown) {
        throw this.#withOtherRemotes(asProblem(thrown), paths);
      }
    }
  }

  #accumulatePath(into: Accumulator, path: string): void {
    const fileProblem = this.#accumulateFile(into, path);
    if (fileProblem === undefined) return;
    if (fileProblem.http) throw fileProblem;
    let loader: Loader;
    try {
      loader = this.loader.next(path);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (fileProblem.message.includes('MalformedYAMLError')) throw fileProblem;
      const ofFile = problem.reason === 'path-not-found' || fileProblem.reason === 'path-escapes';
      const reason = ofFile ? fileProblem.reason : problem.reason;
      throw problem.withMessage(`accumulation err='${fileProblem.message}': ${problem.message}`, {
        reason,
        ...(fileProblem.file === undefined ? {} : { file: fileProblem.file }),
        ...(fileProblem.hint === undefined ? {} : { hint: fileProblem.hint }),
        ...(fileProblem.line === undefined ? {} : { line: fileProblem.line }),
      });
    }
    try {
      this.#accumulateDirectory(into, loader, path, false);
    } catch (thrown) {
      const problem = asProblem(thrown);
      throw problem.withMessage(`accumulation err='${fileProblem.message}': ${problem.message}`);
    }
  }

  /** Gives the problem if the path is no file with objects. */
  #accumulateFile(into: Accumulator, path: string): KustomizeProblem | undefined {
    const { loader } = this;
    let resources: Resource[];
    try {
      const text = loader.load(path);
      try {
        resources = this.context.read(text);
        requireDistinct(resources);
      } catch (thrown) {
        throw withFile(asProblem(thrown), path, loader.place(path));
      }
      if (this.origin !== undefined) annotate(resources, ORIGIN, originText(appendOrigin(this.origin, path)));
    } catch (thrown) {
      const problem = asProblem(thrown);
      return problem.withMessage(`accumulating resources from '${path}': ${problem.message}`);
    }
    try {
      into.resources.appendAll(resources);
      return undefined;
    } catch (thrown) {
      const problem = asProblem(thrown);
      return problem.withMessage(`merging resources from '${path}': ${problem.message}`, { file: loader.place(path) });
    }
  }

  /** A failure for want of a remote base names the others of the list, too, so that all are fetched at once. */
  #withOtherRemotes(problem: KustomizeProblem, paths: readonly string[]): KustomizeProblem {
    if (problem.missingRemotes.length === 0) return problem;
    const missing = new Map(problem.missingRemotes.map((request) => [request.url, request]));
    for (const path of paths) {
      const request = remoteRequest(path);
      if (request !== undefined && !missing.has(path) && this.context.options.remotes?.(request) === undefined)
        missing.set(path, request);
    }
    return problem.withMessage(problem.message, { missingRemotes: [...missing.values()] });
  }

  #accumulateComponents(into: Accumulator, paths: readonly string[]): Accumulator {
    let accumulator = into;
    for (const path of paths) {
      let loader: Loader;
      try {
        loader = this.loader.next(path);
      } catch (thrown) {
        const problem = asProblem(thrown);
        throw this.#withOtherRemotes(problem, paths).withMessage(`loader.New ${quoteGo(problem.message)}`);
      }
      try {
        accumulator = this.#accumulateDirectory(accumulator, loader, path, true);
      } catch (thrown) {
        const problem = asProblem(thrown);
        throw problem.withMessage(`accumulateDirectory: ${quoteGo(problem.message)}`);
      }
    }
    return accumulator;
  }

  /** A component works on `into` itself; a kustomization stands alone and is added to it. */
  #accumulateDirectory(into: Accumulator, loader: Loader, path: string, isComponent: boolean): Accumulator {
    const target = prefixed(
      () => `couldn't make target for path '${loader.shownRoot}'`,
      () => new Target(loader, this.context),
    );
    target.#metadata = this.#metadata;
    target.origin = this.origin === undefined ? undefined : appendOrigin(this.origin, path);
    target.helmNamespace = this.kustomization.namespace || this.helmNamespace;
    target.chooseSchema();
    const { kind } = target.kustomization;
    if (isComponent && kind !== 'Component')
      throw new KustomizeProblem(`expected kind 'Component' for path '${loader.shownRoot}' but got '${kind}'`);
    if (!isComponent && kind === 'Component')
      throw new KustomizeProblem(`expected kind != 'Component' for path '${loader.shownRoot}'`);
    const accumulated = prefixed(
      () => `recursed accumulation of path '${loader.shownRoot}'`,
      () => target.#accumulate(isComponent ? into : new Accumulator()),
    );
    const result = isComponent ? new Accumulator() : into;
    prefixed(
      () => `recursed merging from path '${loader.shownRoot}'`,
      () => result.merge(accumulated),
    );
    return result;
  }

  // Generators, transformers, validators

  #runGenerators(into: Accumulator): void {
    const generators = [
      ...builtinGenerators(this),
      ...prefixed('loading generator plugins', () =>
        pluginGenerators(this, this.#pluginConfigs(this.kustomization.generators ?? [], 'generator')),
      ),
    ];
    for (const generator of generators) {
      const resources = generator.generate();
      if (generator.origin !== undefined) {
        const text = originText(generator.origin);
        for (const resource of resources)
          if (resource.annotation(ORIGIN) === undefined) annotate([resource], ORIGIN, text);
      }
      prefixed(
        () => `merging from generator ${generator.name}`,
        () => into.resources.absorb(resources, mergeGenerated),
      );
    }
  }

  /** The objects that configure plugins: inline, or in files and directories. */
  #pluginConfigs(entries: readonly string[], what: 'generator' | 'transformer'): Resource[] {
    const accumulator = new Accumulator();
    const paths: string[] = [];
    for (const entry of entries) {
      let resources: Resource[];
      try {
        resources = this.context.read(entry);
      } catch (thrown) {
        asProblem(thrown);
        paths.push(entry);
        continue;
      }
      if (this.origin !== undefined)
        annotate(resources, ORIGIN, originText(appendOrigin(this.origin, this.kustomization.file)));
      prefixed(`configuring external ${what}`, () => accumulator.resources.appendAll(resources));
    }
    this.accumulateResources(accumulator, paths);
    return [...accumulator.resources.resources];
  }

  #runTransformers(into: Accumulator): void {
    const { resources } = into;
    const transformers: PlacedTransformer[] = [
      ...builtinTransformers(this, into.config),
      ...pluginTransformers(this, this.#pluginConfigs(this.kustomization.transformers ?? [], 'transformer')),
    ];
    for (const { transformer, origin } of transformers) {
      transformer.transform(resources);
      if (origin !== undefined) for (const resource of resources.resources) addTransformation(resource, origin);
      resources.dropEmpty();
    }
  }

  #runValidators(resources: ResourceMap): void {
    const configs = this.#pluginConfigs(this.kustomization.validators ?? [], 'transformer');
    for (const { transformer } of pluginTransformers(this, configs)) {
      const before = snapshot(resources);
      transformer.transform(resources);
      requireSame(before, snapshot(resources));
    }
  }
}

function annotate(resources: readonly Resource[], key: string, value: string): void {
  for (const resource of resources) {
    const annotations = resource.annotations;
    annotations.set(key, value);
    resource.setAnnotations(annotations);
  }
}

function addTransformation(resource: Resource, origin: Origin): void {
  if (resource.annotation(ORIGIN) === undefined) {
    annotate([resource], ORIGIN, originText(origin));
    return;
  }
  annotate([resource], TRANSFORMATIONS, (resource.annotation(TRANSFORMATIONS) ?? '') + transformationText(origin));
}

/** Two objects with one id in one text. */
function requireDistinct(resources: readonly Resource[]): void {
  if (resources.length < 2) return;
  const accumulator = new Accumulator();
  accumulator.resources.appendAll(resources);
}

function snapshot(resources: ResourceMap): { id: string; text: string }[] {
  return resources.resources.map((resource) => {
    const object = resource.toObject();
    const labels = getIn(object, 'metadata', 'labels');
    if (labels instanceof Map && labels.delete('validated-by') && labels.size === 0)
      (object.get('metadata') as YamlMap).delete('labels');
    return { id: idString(resource.id), text: goJson(object) };
  });
}

/** A validator may put its mark on objects and nothing else. */
function requireSame(
  before: readonly { id: string; text: string }[],
  after: readonly { id: string; text: string }[],
): void {
  const refuse = (problem: string): KustomizeProblem =>
    new KustomizeProblem(`validator shouldn't modify the resource map: ${problem}`);
  if (before.length !== after.length) throw refuse('lists have different number of entries');
  const texts = new Map(after.map(({ id, text }) => [id, text]));
  for (const { id, text } of before) {
    const now = texts.get(id);
    if (now === undefined) throw refuse(`id in self missing from other; id: ${id}`);
    if (now !== text) throw refuse(`nodes unequal: ${id}`);
  }
}

function dropLocal(resources: ResourceMap): void {
  const kept = resources.resources.filter((resource) => {
    if (resource.isEmpty) return false;
    const local = resource.annotation('config.kubernetes.io/local-config');
    return local === undefined || local === 'false';
  });
  if (kept.length !== resources.resources.length) resources.replaceAll(kept);
}

/** The request that a path of `resources` stands for, if it is remote. */
function remoteRequest(path: string): RemoteRequest | undefined {
  const repository = parseRepoSpec(path);
  if (!isRemoteFile(path)) return repository;
  if (repository !== undefined && /\/\/.*\/\/|\.git|_git\/|[?&](?:ref|version)=/.test(path)) return repository;
  return { kind: 'http', url: path, repository: path, ref: '', path: '', submodules: false };
}
