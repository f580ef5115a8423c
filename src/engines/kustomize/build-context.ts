import { resourcesFromText } from './loading/resources.ts';
import type { KustomizeOptions } from './options.ts';
import type { Resource } from './resource.ts';
import { SchemaBook } from './schema/schema.ts';

/** What belongs to one build, handed to whoever needs it: nothing of a build is global. */
export class BuildContext {
  readonly options: KustomizeOptions;
  readonly schemas = new SchemaBook();
  readonly warnings: string[] = [];

  constructor(options: KustomizeOptions) {
    this.options = options;
  }

  /** The objects in a text. */
  read(text: string): Resource[] {
    return resourcesFromText(text, this.schemas);
  }

  warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }
}
