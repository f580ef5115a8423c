export { type ContextOptions, type FunctionContext, functionContext } from './context.ts';
export { GoError } from './errors.ts';
export { sprint, sprintf, sprintValue } from './fmt.ts';
export {
  type FunctionFamily,
  type FunctionTable,
  functionTable,
  type GoFunction,
  makeFunction,
  type RuntimeFamily,
  withoutFunctions,
} from './functions.ts';
export { helmFunctions, withoutNoValue } from './helm-functions.ts';
export {
  type CapabilitiesInput,
  type ChartInput,
  capabilitiesObject,
  chartObject,
  filesObject,
  type HelmMajor,
  valuesObject,
} from './helm-objects.ts';
export type { Limits, MissingKey } from './runtime.ts';
export { hermeticSlimSprigFunctions, slimSprigFunctions, sprigFunctions } from './sprig.ts';
export { type TemplateFailure, TemplateSet, type TemplateSetOptions } from './template-set.ts';
export * from './value.ts';
export { fromYamlValue, toYamlValue } from './yaml-value.ts';
