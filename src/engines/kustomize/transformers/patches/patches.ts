import type { BuildContext } from '../../build-context.ts';
import { idString } from '../../ids.ts';
import type { Patch } from '../../kustomization/types.ts';
import type { Loader } from '../../loading/loader.ts';
import { withFile } from '../../loading/resources.ts';
import { asProblem, KustomizeProblem } from '../../problem.ts';
import type { Resource } from '../../resource.ts';
import type { ResourceMap } from '../../resource-map.ts';
import { selectorText, selectResources } from '../../selector.ts';
import type { Transformer } from '../transformer.ts';
import { applyMergePatch, applyMergePatchToSelected, applyOperations } from './apply.ts';
import { type JsonOperation, parseJsonPatch } from './json-patch.ts';

/**
 * An entry of `patches`: strategic merge patches or a JSON patch, inline or in a file.
 *
 * ```yaml
 * patches:
 * - path: web.yaml             # an object with the fields to change; it names its target itself
 * - target: { kind: Deployment, labelSelector: tier=front }
 *   patch: |
 *     - { op: replace, path: /spec/replicas, value: 3 }
 * ```
 * @see kustomize api/internal/builtins/PatchTransformer.go
 */
export function patchTransformer(
  settings: Patch,
  shownConfig: string,
  loader: Loader,
  context: BuildContext,
): Transformer {
  const { text, source } = patchText(settings, shownConfig, loader);
  const merge = attempt(() => context.read(text));
  const json = attempt(() => parseJsonPatch(text));
  if (merge.value !== undefined && merge.value.length > 0 && json.value !== undefined && json.value.length > 0)
    throw new KustomizeProblem(`illegally qualifies as both an SM and JSON patch: ${source}`);
  if (merge.problem !== undefined && json.problem !== undefined) {
    const told = merge.problem.message.startsWith('MalformedYAMLError') ? merge.problem : json.problem;
    throw told.withMessage(`unable to parse SM or JSON patch from ${source}`, {
      hint: `it is neither an object (${merge.problem.message}) nor a list of operations (${json.problem.message})`,
    });
  }
  if (merge.value !== undefined) return mergeTransformer(merge.value, settings, source, context);
  return jsonTransformer(json.value, settings, source);
}

function patchText(settings: Patch, shownConfig: string, loader: Loader): { text: string; source: string } {
  const inline = settings.patch.trim();
  if (inline === '' && settings.path === '')
    throw new KustomizeProblem(`must specify one of patch and path in\n${shownConfig}`);
  if (inline !== '' && settings.path !== '')
    throw new KustomizeProblem(`patch and path can't be set at the same time\n${shownConfig}`);
  if (inline !== '') return { text: inline, source: `[patch: ${JSON.stringify(inline)}]` };
  try {
    return { text: loader.load(settings.path), source: `[path: ${JSON.stringify(settings.path)}]` };
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`failed to get the patch file from path(${settings.path}): ${problem.message}`);
  }
}

function attempt<T>(work: () => T): { value?: T; problem?: KustomizeProblem } {
  try {
    return { value: work() };
  } catch (thrown) {
    return { problem: asProblem(thrown) };
  }
}

function mergeTransformer(patches: Resource[], settings: Patch, source: string, context: BuildContext): Transformer {
  for (const patch of patches) {
    if (settings.options?.allowNameChange === true) patch.allowNameChange = true;
    if (settings.options?.allowKindChange === true) patch.allowKindChange = true;
  }
  const { target } = settings;
  return {
    transform: (resources: ResourceMap): void => {
      if (patches.length === 0) return;
      if (target === undefined) {
        for (const patch of patches) mergeIntoNamed(resources, patch, context);
        return;
      }
      if (patches.length > 1)
        throw new KustomizeProblem(
          `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source}`,
        );
      let selected: Resource[];
      try {
        selected = selectResources(resources, target);
      } catch (thrown) {
        const problem = asProblem(thrown);
        throw problem.withMessage(
          `unable to find patch target ${JSON.stringify(selectorText(target))} in \`resources\`: ${problem.message}`,
        );
      }
      applyMergePatchToSelected(resources, selected, patches[0]!, context.schemas);
    },
  };
}

function mergeIntoNamed(resources: ResourceMap, patch: Resource, context: BuildContext): void {
  const id = patch.originalId;
  let target: Resource;
  try {
    target = resources.byId(id);
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(
      `no resource matches strategic merge patch ${JSON.stringify(idString(id))}: ${problem.message}`,
    );
  }
  const before = target.key;
  applyMergePatch(target, patch, context.schemas);
  if (target.isEmpty || target.key !== before || patch.allowNameChange || patch.allowKindChange) resources.invalidate();
}

function jsonTransformer(
  operations: readonly JsonOperation[] | undefined,
  settings: Patch,
  source: string,
): Transformer {
  const { target } = settings;
  return {
    transform: (resources: ResourceMap): void => {
      if (operations === undefined) return;
      if (target === undefined) throw new KustomizeProblem(`must specify a target for JSON patch ${source}`);
      for (const resource of selectResources(resources, target)) applyOperations(resource, operations, true);
      resources.invalidate();
    },
  };
}

/**
 * `patchesJson6902`: a JSON patch for the objects that a target names.
 * @see kustomize api/internal/builtins/PatchJson6902Transformer.go
 */
export function json6902Transformer(settings: Omit<Patch, 'options'>, loader: Loader): Transformer {
  const { target, path } = settings;
  if (target === undefined) throw new KustomizeProblem('must specify the target name');
  if (target.name === '') throw new KustomizeProblem('must specify the target name');
  if (path === '' && settings.patch === '') throw new KustomizeProblem('empty file path and empty jsonOp');
  if (path !== '' && settings.patch !== '') throw new KustomizeProblem('must specify a file path or jsonOp, not both');
  let text = settings.patch;
  if (path !== '') {
    text = loader.load(path);
    if (text === '') throw new KustomizeProblem(`patch file '${path}' empty seems to be empty`);
  }
  let operations: readonly JsonOperation[] | undefined;
  try {
    operations = parseJsonPatch(text);
  } catch (thrown) {
    const problem = asProblem(thrown);
    throw problem.withMessage(`decoding ${text}: ${problem.message}`);
  }
  if (operations === undefined || operations.length === 0)
    throw new KustomizeProblem(`patch appears to be empty; file=${path}, JsonOp=${text}`);
  const steps = operations;
  return {
    transform: (resources: ResourceMap): void => {
      for (const resource of selectResources(resources, target)) applyOperations(resource, steps, false);
      resources.invalidate();
    },
  };
}

/**
 * `patchesStrategicMerge`: patches inline or in files, each for the one object that it names.
 * @see kustomize api/internal/builtins/PatchStrategicMergeTransformer.go
 */
export function strategicMergeTransformer(
  settings: { readonly paths: readonly string[]; readonly patches: string },
  loader: Loader,
  context: BuildContext,
): Transformer {
  if (settings.paths.length === 0 && settings.patches === '')
    throw new KustomizeProblem('empty file path and empty patch content');
  const patches = settings.paths.flatMap((path) => inlineOrFile(path, loader, context));
  if (settings.patches !== '') patches.push(...context.read(settings.patches));
  if (patches.length === 0)
    throw new KustomizeProblem(
      `patch appears to be empty; files=[${settings.paths.join(' ')}], Patch=${settings.patches}`,
    );
  return {
    transform: (resources: ResourceMap): void => {
      for (const patch of patches)
        applyMergePatchToSelected(resources, [resources.byId(patch.originalId)], patch, context.schemas);
    },
  };
}

function inlineOrFile(path: string, loader: Loader, context: BuildContext): Resource[] {
  try {
    return context.read(path);
  } catch (thrown) {
    asProblem(thrown);
    const text = loader.load(path);
    try {
      return context.read(text);
    } catch (again) {
      throw withFile(asProblem(again), path, loader.place(path));
    }
  }
}
