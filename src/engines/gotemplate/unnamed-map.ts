import { type GoValue, MAP_ANY, TypedMap } from './value.ts';

/**
 * A map of a named type that went through a parameter of type map[string]interface{}: the same entries, seen without the
 * name. What one side sets, the other has.
 */
class UnnamedMap extends Map<string, GoValue> {
  readonly #entries: Map<string, GoValue>;
  constructor(entries: Map<string, GoValue>) {
    super();
    this.#entries = entries;
  }
  override get size(): number {
    return this.#entries.size;
  }
  override get(key: string): GoValue {
    return this.#entries.get(key);
  }
  override has(key: string): boolean {
    return this.#entries.has(key);
  }
  override set(key: string, value: GoValue): this {
    this.#entries.set(key, value);
    return this;
  }
  override delete(key: string): boolean {
    return this.#entries.delete(key);
  }
  override clear(): void {
    this.#entries.clear();
  }
  override keys(): MapIterator<string> {
    return this.#entries.keys();
  }
  override values(): MapIterator<GoValue> {
    return this.#entries.values();
  }
  override entries(): MapIterator<[string, GoValue]> {
    return this.#entries.entries();
  }
  override [Symbol.iterator](): MapIterator<[string, GoValue]> {
    return this.#entries[Symbol.iterator]();
  }
  override forEach(each: (value: GoValue, key: string, map: Map<string, GoValue>) => void): void {
    this.#entries.forEach(each);
  }
}
const unnamed = new WeakMap<Map<string, GoValue>, Map<string, GoValue>>();
/** The map as a function has it that takes a map[string]interface{}. */
export function asPlainMap(map: Map<string, GoValue>): Map<string, GoValue> {
  if (!(map instanceof TypedMap) || map.type === MAP_ANY) return map;
  let view = unnamed.get(map);
  if (view === undefined) {
    view = new UnnamedMap(map);
    unnamed.set(map, view);
  }
  return view;
}
