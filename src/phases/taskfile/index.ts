export { TASK_FLAGS } from './flags.ts';
export { repositoryRoot } from './gitignore.ts';
export { type RunIo, type RunPorts, runTaskfile } from './main.ts';
