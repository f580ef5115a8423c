import { failure } from '../core/failure.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { getIn } from '../core/value.ts';
import { parse } from '../engines/goyaml/index.ts';

export interface ExternalDocument {
  /** `chart/templates/web.yaml`. */
  readonly path: string;
  readonly content: string;
}

export interface ExternalHook extends ExternalDocument {
  readonly name: string;
  readonly events: readonly string[];
}

/** What `helm template` printed, taken apart. */
export interface ExternalRendering {
  readonly manifests: readonly ExternalDocument[];
  readonly hooks: readonly ExternalHook[];
  readonly crds: readonly ExternalDocument[];
}

const CRD = /^[^/]+(?:\/charts\/[^/]+)*\/crds\//;

/** Reads the stream of `helm template --include-crds`: each document stands below its `# Source:` line. */
export function readHelmStream(stream: string): Result<ExternalRendering> {
  const manifests: ExternalDocument[] = [];
  const hooks: ExternalHook[] = [];
  const crds: ExternalDocument[] = [];
  const [, ...parts] = `\n${stream}`.split(/\n---\n# Source: /);
  for (const part of parts) {
    const end = part.indexOf('\n');
    const path = end < 0 ? part : part.slice(0, end);
    const content = end < 0 ? '' : part.slice(end + 1).trim();
    if (content === '') continue;
    if (CRD.test(path)) {
      crds.push({ path, content });
      continue;
    }
    const parsed = parse(content);
    if (!parsed.ok)
      return fail(failure('template-failed', `${path}: helm printed what is no YAML: ${parsed.error.message}`));
    const events = getIn(parsed.value, 'metadata', 'annotations', 'helm.sh/hook');
    if (typeof events === 'string' && events !== '')
      hooks.push({
        path,
        content,
        name: String(getIn(parsed.value, 'metadata', 'name') ?? ''),
        events: events.split(',').map((event) =>
          event
            .trim()
            .toLowerCase()
            .replace(/^test-success$/, 'test'),
        ),
      });
    else manifests.push({ path, content });
  }
  return ok({ manifests, hooks, crds });
}
