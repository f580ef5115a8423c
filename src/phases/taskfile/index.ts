export { type RunIo, type RunPorts, runTaskfile } from './main.ts';
