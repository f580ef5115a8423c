import { pathToFileURL } from 'node:url';
import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { isMap, type YamlMap } from '../../core/value.ts';
import type { BootstrapHandler } from './handler.ts';
import { cache } from './handlers/cache.ts';
import { certificates } from './handlers/certificates.ts';
import { configuration } from './handlers/configuration.ts';
import { databases } from './handlers/databases.ts';
import { dependencyFiles } from './handlers/dependency-files.ts';
import { directories } from './handlers/directories.ts';
import { network } from './handlers/network.ts';
import { warming } from './handlers/warming.ts';

/** The handlers that are built in. */
export const BUILT_IN_HANDLERS: readonly BootstrapHandler[] = [
  directories,
  databases,
  configuration,
  dependencyFiles,
  cache,
  network,
  certificates,
  warming,
];

/**
 * All handlers, the lowest priority first: the built-in ones, and those that `bootstrap.handlers` of `flux-local.yaml` names
 * (`name: path/to/file.mjs`, whose default export is a `BootstrapHandler`). One of the same name replaces a built-in one.
 * @param locate a path of the workspace as an absolute one; throws where it leads out
 */
export async function handlersOf(
  section: YamlMap,
  locate: (path: string) => string,
): Promise<Result<BootstrapHandler[]>> {
  const byName = new Map(BUILT_IN_HANDLERS.map((handler) => [handler.name, handler]));
  const own = section.get('handlers');
  if (isMap(own))
    for (const [name, path] of own) {
      const wrong = (why: string) => fail(failure('invalid-object', `the bootstrap handler ${name}: ${why}`));
      if (typeof path !== 'string') return wrong('its value is the path of a file');
      try {
        const loaded = (await import(pathToFileURL(locate(path)).href)) as { default?: Partial<BootstrapHandler> };
        const handler = loaded.default;
        if (
          handler === undefined ||
          typeof handler.shouldRun !== 'function' ||
          typeof handler.execute !== 'function' ||
          typeof handler.priority !== 'number'
        )
          return wrong(`the default export of ${path} needs priority, shouldRun and execute`);
        byName.set(name, { ...(handler as BootstrapHandler), name });
      } catch (error) {
        return wrong(error instanceof Error ? error.message : String(error));
      }
    }
  return ok([...byName.values()].sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1)));
}
