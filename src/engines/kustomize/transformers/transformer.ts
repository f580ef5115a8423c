import type { ResourceMap } from '../resource-map.ts';

/** Changes the objects of a build. */
export interface Transformer {
  transform(resources: ResourceMap): void;
}
