import { trimGo } from './go-text.ts';
import type { Hook, Rendered } from './rendered.ts';

export interface StreamOptions {
  /** Default true. */
  readonly hooks?: boolean | undefined;
  /** Leave out hooks that run tests. Default false. */
  readonly skipTests?: boolean | undefined;
}

/**
 * What `helm template` prints: CRDs where they are asked for, manifests, hooks, each below its `# Source:` line.
 * @see Helm pkg/cmd/template.go
 */
export function toStream(rendered: Rendered, options: StreamOptions = {}): string {
  let stream = `${trimGo(manifestStream(rendered))}\n`;
  if (options.hooks !== false)
    for (const hook of rendered.hooks)
      if (!(options.skipTests === true && isTestHook(hook))) stream += document(hook.path, hook.content);
  return stream;
}

/** A release's manifest as Helm stores it: no hooks. */
export function manifestStream(rendered: Rendered): string {
  let stream = '';
  if (rendered.includeCrds) for (const crd of rendered.crds) stream += document(crd.path, crd.content);
  for (const manifest of rendered.manifests) stream += document(manifest.path, manifest.content);
  return stream;
}

export function document(path: string, content: string): string {
  return `---\n# Source: ${path}\n${content}\n`;
}

export const isTestHook = (hook: Hook): boolean => hook.events.includes('test');
