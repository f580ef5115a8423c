export { type BootstrapOptions, bootstrapPort, runBootstrap } from './bootstrap.ts';
export { type BootstrapContext, type BootstrapHandler, BootstrapProblem } from './handler.ts';
export { BUILT_IN_HANDLERS } from './registry.ts';
export { type BootstrapSettings, DEFAULT_SETTINGS, readSettings } from './settings.ts';
