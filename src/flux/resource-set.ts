import { failure } from '../core/failure.ts';
import type { Result } from '../core/result.ts';
import { getIn, type YamlMap } from '../core/value.ts';
import { attempt } from './attempt.ts';
import { FluxError, mapsAt, metadataText, scalarText, textAt, textMapAt } from './fields.ts';
import { ownerLabels, withMetadata } from './metadata.ts';
import type { DataLookup } from './object-data.ts';
import { withReferencedData } from './resource-set-data.ts';
import { inputSets, type ProvidedInputs } from './resource-set-inputs.ts';
import { renderResource, renderTemplate } from './resource-set-template.ts';

const GROUP = 'fluxcd.controlplane.io';
const RECONCILE = `${GROUP}/reconcile`;

export interface RenderedResourceSet {
  /** In the order of the steps, then of the resources, then of the inputs. */
  readonly objects: readonly YamlMap[];
  /** ConfigMaps and Secrets that annotations name and nothing provides: the objects lack their data. */
  readonly missing: readonly string[];
}

/** Whether a ResourceSet says that it is not to be reconciled. */
export const isReconcileDisabled = (object: YamlMap): boolean =>
  metadataText(object, 'annotations', RECONCILE).toLowerCase() === 'disabled';

/**
 * The objects of a ResourceSet, rendered for each set of inputs: first come, first kept where two have one name. Labelled with
 * their owner, common metadata over what they state. One that is disabled gives nothing.
 * @param provided what `spec.inputsFrom` selected
 * @see flux-operator docs/api/v1/resourceset.md
 */
export function renderResourceSet(
  resourceSet: YamlMap,
  provided: readonly ProvidedInputs[],
  lookup: DataLookup,
): Result<RenderedResourceSet> {
  return attempt(() => {
    if (isReconcileDisabled(resourceSet)) return { objects: [], missing: [] };
    checkSteps(resourceSet);
    const inputs = inputSets(resourceSet, provided);
    // Providers that give nothing take all away; without providers, all is rendered once.
    const nothing = inputs.length === 0 && mapsAt(resourceSet, 'spec', 'inputsFrom').length > 0;
    const rendered = nothing ? [] : renderAll(resourceSet, inputs);
    const labels = new Map([...owner(resourceSet), ...textMapAt(resourceSet, 'spec', 'commonMetadata', 'labels')]);
    const annotations = textMapAt(resourceSet, 'spec', 'commonMetadata', 'annotations');
    return withReferencedData(
      rendered.map((object) => withMetadata(withMetadata(object, 'annotations', annotations), 'labels', labels)),
      lookup,
    );
  });
}

/** The CRD has no rules for these: the operator checks them. */
function checkSteps(resourceSet: YamlMap): void {
  const steps = mapsAt(resourceSet, 'spec', 'steps');
  const refuse = (message: string): never => {
    throw new FluxError(failure('invalid-object', message));
  };
  if (steps.length > 0 && !isEmpty(resourceSet, 'spec'))
    refuse('spec.steps is mutually exclusive with spec.resources and spec.resourcesTemplate');
  for (const step of steps)
    if (isEmpty(step))
      refuse(`step "${textAt(step, 'name')}": at least one of resources or resourcesTemplate must be set`);
}

const isEmpty = (step: YamlMap, ...path: string[]): boolean =>
  mapsAt(step, ...path, 'resources').length === 0 && textAt(step, ...path, 'resourcesTemplate') === '';

const owner = (resourceSet: YamlMap): ReadonlyMap<string, string> =>
  ownerLabels(
    `resourceset.${GROUP}`,
    scalarText(getIn(resourceSet, 'metadata', 'name')),
    scalarText(getIn(resourceSet, 'metadata', 'namespace')),
  );

function renderAll(resourceSet: YamlMap, inputs: readonly YamlMap[]): readonly YamlMap[] {
  const steps = mapsAt(resourceSet, 'spec', 'steps');
  if (steps.length === 0) return renderStep(resourceSet, ['spec'], inputs);
  const stepOf = new Map<string, string>();
  return steps.flatMap((step) => {
    const name = textAt(step, 'name');
    const objects = within(`step "${name}"`, () => renderStep(step, [], inputs));
    for (const object of objects) {
      const key = objectKey(object);
      const earlier = stepOf.get(key) ?? name;
      if (earlier !== name)
        throw new FluxError(
          failure(
            'invalid-object',
            `duplicate resource ${shortId(object)} in step "${name}", already defined in step "${earlier}"`,
          ),
        );
      stepOf.set(key, name);
    }
    return objects;
  });
}

/** Without inputs, resources are taken as they are: none is left out, none is looked for a second time. */
function renderStep(step: YamlMap, path: readonly string[], inputs: readonly YamlMap[]): readonly YamlMap[] {
  const objects: YamlMap[] = [];
  const known = new Set<string>();
  const keep = (object: YamlMap): void => {
    const key = objectKey(object);
    if (metadataText(object, 'annotations', RECONCILE) === 'disabled' || known.has(key)) return;
    known.add(key);
    objects.push(object);
  };
  const bare = inputs.length === 0;
  for (const [index, resource] of mapsAt(step, ...path, 'resources').entries()) {
    if (bare) {
      const object = within('failed to build resource', () => renderResource(resource));
      known.add(objectKey(object));
      objects.push(object);
    }
    for (const input of inputs)
      keep(within(`failed to build resources[${index}]`, () => renderResource(resource, input)));
  }
  const template = textAt(step, ...path, 'resourcesTemplate');
  if (template === '') return objects;
  const rendered = bare
    ? within('failed to build resource', () => renderTemplate(template))
    : inputs.flatMap((input) => within('failed to build resources', () => renderTemplate(template, input)));
  rendered.forEach(keep);
  return objects;
}

/** Says in front of a failure what it befell. */
function within<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof FluxError)) throw error;
    throw new FluxError({ ...error.failure, message: `${what}: ${error.failure.message}` });
  }
}

/** `group/Kind/namespace/name`: versions of one kind are one object. */
function objectKey(object: YamlMap): string {
  const apiVersion = scalarText(object.get('apiVersion'));
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [group, object.get('kind'), getIn(object, 'metadata', 'namespace'), getIn(object, 'metadata', 'name')]
    .map(scalarText)
    .join('/');
}

/** `Kind/namespace/name`, the namespace only where there is one. */
const shortId = (object: YamlMap): string =>
  [object.get('kind'), getIn(object, 'metadata', 'namespace'), getIn(object, 'metadata', 'name')]
    .map(scalarText)
    .filter((part) => part !== '')
    .join('/');
