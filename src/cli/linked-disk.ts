import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { DiskFileSystem } from '../core/disk-file-system.ts';
import type { LinkedFileSystem } from '../engines/kustomize/index.ts';

/** A directory of the disk that tells where links lead, so that a link does not get around a load restriction. */
export class LinkedDisk extends DiskFileSystem implements LinkedFileSystem {
  realPath(path: string): string | undefined {
    try {
      const real = realpathSync(join(this.root, path));
      if (this.root === '/') return real;
      const root = realpathSync(this.root);
      return real === root ? '/' : real.startsWith(`${root}/`) ? real.slice(root.length) : undefined;
    } catch {
      return undefined;
    }
  }
}
