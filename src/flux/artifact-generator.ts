import { sha256 } from '../core/digest.ts';
import { failure } from '../core/failure.ts';
import type { FileSystem } from '../core/file-system.ts';
import { MemoryFileSystem } from '../core/memory-file-system.ts';
import type { Result } from '../core/result.ts';
import type { YamlMap } from '../core/value.ts';
import { attempt } from './attempt.ts';
import { applyCopy, type Copy, Staging } from './copy-operation.ts';
import { FluxError, mapsAt, textAt, textMapAt, textsAt } from './fields.ts';
import { IgnoringFileSystem } from './ignore.ts';
import { fillTemplate, matchPathPattern } from './path-pattern.ts';

/** A source of an ArtifactGenerator, by its alias. */
export interface GeneratorSource {
  readonly alias: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What an ArtifactGenerator makes: the content of an ExternalArtifact. */
export interface GeneratedArtifact {
  /** The ExternalArtifact's name; it is in the generator's namespace. */
  readonly name: string;
  readonly files: MemoryFileSystem;
  /** Path without a `/` at its start, sorted, and content: what `files` holds. */
  readonly entries: readonly (readonly [string, Uint8Array])[];
  /** `latest@sha256:…` of paths and contents. (The real one is of the archive.) */
  readonly revision: string;
  /** Labels and annotations of the ExternalArtifact. */
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
}

/** The sources that an ArtifactGenerator copies from. */
export function generatorSources(generator: YamlMap): Result<readonly GeneratorSource[]> {
  return attempt(() => {
    const namespace = textAt(generator, 'metadata', 'namespace');
    const sources = mapsAt(generator, 'spec', 'sources').map((source) => ({
      alias: textAt(source, 'alias'),
      kind: textAt(source, 'kind'),
      namespace: textAt(source, 'namespace') || namespace,
      name: textAt(source, 'name'),
    }));
    const aliases = new Set<string>();
    for (const { alias } of sources) {
      if (aliases.has(alias)) throw new FluxError(failure('invalid-object', `duplicate source alias '${alias}' found`));
      aliases.add(alias);
    }
    return sources;
  });
}

/**
 * The artifacts of an ArtifactGenerator; with a `pathPattern`, those of each directory that it matches.
 * @param sources alias to files
 * @see source-watcher internal/builder/builder.go, internal/controller/artifactgenerator_pathpattern.go
 */
export function generateArtifacts(
  generator: YamlMap,
  sources: ReadonlyMap<string, FileSystem>,
): Result<readonly GeneratedArtifact[]> {
  return attempt(() => {
    const labels = textMapAt(generator, 'spec', 'commonMetadata', 'labels');
    const annotations = textMapAt(generator, 'spec', 'commonMetadata', 'annotations');
    return requests(generator, sources).map((request) => {
      const entries = stage(request.copies, sources);
      const digest = sha256(entries.map(([path, bytes]) => `${path}\0${sha256(bytes)}\n`).join(''));
      return {
        name: request.name,
        files: new MemoryFileSystem(entries),
        entries,
        revision: `latest@sha256:${digest}`,
        labels: new Map([...request.labels, ...labels]),
        annotations,
      };
    });
  });
}

interface Request {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly copies: readonly Copy[];
}

function requests(generator: YamlMap, sources: ReadonlyMap<string, FileSystem>): readonly Request[] {
  const artifacts = mapsAt(generator, 'spec', 'artifacts').map((artifact) => ({
    name: textAt(artifact, 'name'),
    labels: new Map<string, string>(),
    copies: mapsAt(artifact, 'copy').map((copy) => ({
      from: textAt(copy, 'from'),
      to: textAt(copy, 'to'),
      exclude: textsAt(copy, 'exclude'),
      strategy: textAt(copy, 'strategy') || 'Overwrite',
    })),
  }));
  const pathPattern = textAt(generator, 'spec', 'pathPattern');
  const all =
    pathPattern === ''
      ? artifacts
      : matchPathPattern(pathPattern, sources).flatMap(({ raw, normalized }) =>
          artifacts.map(({ name, copies }) => ({
            name: fillTemplate(name, normalized),
            labels: normalized,
            copies: copies.map((copy) => ({
              ...copy,
              from: fillTemplate(copy.from, raw),
              to: fillTemplate(copy.to, raw),
            })),
          })),
        );
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw new FluxError(failure('invalid-object', `duplicate artifact name '${name}' found`));
    names.add(name);
  }
  return all;
}

/** The files of an artifact after its copy operations, without those that no artifact holds (images, archives, …). */
function stage(copies: readonly Copy[], sources: ReadonlyMap<string, FileSystem>): (readonly [string, Uint8Array])[] {
  const staged = new Staging();
  for (const copy of copies) {
    try {
      applyCopy(copy, sources, staged);
    } catch (error) {
      if (!(error instanceof FluxError)) throw error;
      const { message, ...rest } = error.failure;
      throw new FluxError({
        ...rest,
        message: `failed to apply copy operation from '${copy.from}' to '${copy.to}': ${message}`,
      });
    }
  }
  const packed = new IgnoringFileSystem(new MemoryFileSystem(staged.files), { ignoreFiles: false });
  return [...staged.files]
    .filter(([path]) => packed.exists(`/${path}`) === 'file')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
