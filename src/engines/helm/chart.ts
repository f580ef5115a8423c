import type { YamlMap, YamlValue } from '../../core/value.ts';
import { fromBytes } from '../gotemplate/go-string.ts';

/** The two majors of Helm that render. 4 is the default everywhere. */
export type HelmVersion = '3' | '4';

/** A file of a chart. `name` is relative to the chart (`templates/web.yaml`), with `/`; a byte order mark is already gone. */
export class ChartFile {
  readonly name: string;
  readonly data: Uint8Array;
  #text: string | undefined;

  constructor(name: string, data: Uint8Array) {
    this.name = name;
    this.data = data;
  }

  /** The bytes as a Go string. */
  get text(): string {
    this.#text ??= fromBytes(this.data);
    return this.#text;
  }
}

export interface Maintainer {
  readonly name: string;
  readonly email: string;
  readonly url: string;
}

/** An entry of `dependencies` in Chart.yaml (or requirements.yaml). Absent texts are empty, as in Go. */
export interface ChartDependency {
  readonly name: string;
  /** A version constraint. */
  readonly version: string;
  readonly repository: string;
  /** Comma-separated value paths; the first that holds a boolean decides. */
  readonly condition: string;
  readonly tags: readonly string[] | undefined;
  readonly enabled: boolean;
  /** Strings (an export's name) or maps with `child` and `parent`. */
  readonly importValues: readonly YamlValue[] | undefined;
  readonly alias: string;
}

/** Chart.yaml. Texts that are absent are empty and lists `undefined`, as Go's zero values are. */
export interface ChartMetadata {
  readonly name: string;
  readonly home: string;
  readonly sources: readonly string[] | undefined;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[] | undefined;
  readonly maintainers: readonly Maintainer[] | undefined;
  readonly icon: string;
  readonly apiVersion: string;
  readonly condition: string;
  readonly tags: string;
  readonly appVersion: string;
  readonly deprecated: boolean;
  readonly annotations: ReadonlyMap<string, string> | undefined;
  readonly kubeVersion: string;
  readonly dependencies: readonly ChartDependency[] | undefined;
  readonly type: string;
}

/**
 * A chart as loaded, its `charts/` included. Immutable: rendering works on copies, and keeps what it compiles beside the
 * object, so that a chart loaded once and rendered often is parsed once.
 */
export interface Chart {
  readonly metadata: ChartMetadata;
  /** Files below `templates/`. */
  readonly templates: readonly ChartFile[];
  /** values.yaml as float64 data; `undefined` where the chart has none. */
  readonly values: YamlMap | undefined;
  /** values.schema.json. */
  readonly schema: Uint8Array | undefined;
  /** What `.Files` and `crds/` are taken from: all that is nothing else. */
  readonly files: readonly ChartFile[];
  /** Chart.lock's (or requirements.lock's) entries, where there is one. */
  readonly lock: readonly ChartDependency[] | undefined;
  /** The charts below `charts/`, sorted by their file's name (Helm's own order is random until Chart.yaml orders them). */
  readonly dependencies: readonly Chart[];
  /** What loading remarked on, each a line that Helm logs. */
  readonly warnings: readonly string[];
}
