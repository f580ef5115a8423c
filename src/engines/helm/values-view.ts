import { type GoValue, TypedMap } from '../gotemplate/value.ts';
import type { HelmVersion } from './chart.ts';
import { valuesObject } from './template-objects.ts';

/**
 * A mapping as chartutil.Values that shares its entries with the plain mapping it is made from: what a subchart sets in its
 * `.Values`, the parent sees below its own, as with a conversion in Go.
 */
export class ValuesView extends TypedMap {
  readonly #target: Map<string, GoValue>;

  constructor(target: Map<string, GoValue>, helmVersion: HelmVersion) {
    super(valuesObject([], helmVersion).type, []);
    this.#target = target;
  }

  override get size(): number {
    // While the mapping is being made it has nothing.
    return #target in this ? this.#target.size : 0;
  }
  override get(key: string): GoValue {
    return this.#target.get(key);
  }
  override has(key: string): boolean {
    return this.#target.has(key);
  }
  override set(key: string, value: GoValue): this {
    this.#target.set(key, value);
    return this;
  }
  override delete(key: string): boolean {
    return this.#target.delete(key);
  }
  override clear(): void {
    this.#target.clear();
  }
  override keys(): MapIterator<string> {
    return this.#target.keys();
  }
  override values(): MapIterator<GoValue> {
    return this.#target.values();
  }
  override entries(): MapIterator<[string, GoValue]> {
    return this.#target.entries();
  }
  override [Symbol.iterator](): MapIterator<[string, GoValue]> {
    return this.#target[Symbol.iterator]();
  }
  override forEach(visit: (value: GoValue, key: string, map: Map<string, GoValue>) => void): void {
    for (const [key, value] of this.#target) visit(value, key, this);
  }
}
