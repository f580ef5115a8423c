/**
 * What Flux's controllers add around the engines. Pure functions over objects (`YamlMap`) and files (`FileSystem`); nothing here
 * fetches, waits or knows of a run.
 */
export * from './artifact-generator.ts';
export * from './build-kustomization.ts';
export * from './compose-values.ts';
export * from './declared-secret.ts';
export * from './decryption.ts';
export * from './flux-instance.ts';
export * from './generate-kustomization.ts';
export * from './ignore.ts';
export * from './metadata.ts';
export * from './object-data.ts';
export * from './post-render.ts';
export * from './ready-expr.ts';
export * from './release.ts';
export * from './resource-set.ts';
export * from './resource-set-inputs.ts';
export * from './scope.ts';
export * from './substitution.ts';
