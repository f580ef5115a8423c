import type { Origin } from '../loading/origin.ts';
import type { Resource } from '../resource.ts';

/** Makes objects. */
export interface Generator {
  generate(): Resource[];
  /** What the objects say of where they come from, if anything. */
  readonly origin: Origin | undefined;
  /** For messages. */
  readonly name: string;
}
