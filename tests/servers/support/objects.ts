import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceCache } from '../../../src/sources/index.ts';
import type { Scratch } from './programs.ts';

export const newCache = (scratch: Scratch): SourceCache => ({ directory: mkdtempSync(join(scratch.path, 'cache-')) });
