import type { RuntimeFamily } from '../functions.ts';
export const CERTIFICATES: RuntimeFamily = {};
