import { cloneValue, fromPlain, type YamlList, type YamlMap, type YamlValue } from '../../../../core/value.ts';
import { readConfig } from '../../nodes/read-config.ts';
import { KustomizeProblem } from '../../problem.ts';

/** One step of a JSON patch. */
export type JsonOperation = YamlMap;

/**
 * Reads a JSON patch (RFC 6902), which may be written as YAML. Throws if it is no list of operations.
 */
export function parseJsonPatch(text: string): readonly JsonOperation[] | undefined {
  if (text === '') throw new KustomizeProblem('empty json patch operations');
  const value = text.startsWith('[') ? parseJson(text) : readConfig(text);
  if (value === null) return undefined;
  if (!Array.isArray(value)) {
    const what = value instanceof Map ? 'object' : typeof value;
    throw new KustomizeProblem(`json: cannot unmarshal ${what} into Go value of type jsonpatch.Patch`);
  }
  return value.map((operation) => {
    if (operation instanceof Map) return operation;
    if (operation === null) return new Map();
    const what = Array.isArray(operation) ? 'array' : typeof operation;
    throw new KustomizeProblem(`json: cannot unmarshal ${what} into Go value of type jsonpatch.Operation`);
  });
}

function parseJson(text: string): YamlValue {
  try {
    return fromPlain(JSON.parse(text));
  } catch (thrown) {
    throw new KustomizeProblem(`invalid JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

type Container = YamlMap | YamlList;

/**
 * Applies operations to a copy of `document`, as the library does that kustomize uses: indices may be negative, and
 * `replace` makes a key of an object that is not there.
 * @see gopkg.in/evanphx/json-patch.v4 patch.go
 */
export function applyJsonPatch(document: YamlMap, operations: readonly JsonOperation[]): YamlValue {
  let root: Container = document;
  for (const operation of operations) {
    const kind = operation.get('op');
    switch (kind) {
      case 'add':
        add(root, operation);
        break;
      case 'remove':
        remove(root, operation);
        break;
      case 'replace':
        root = replace(root, operation);
        break;
      case 'move':
        move(root, operation);
        break;
      case 'test':
        test(root, operation);
        break;
      case 'copy':
        copy(root, operation);
        break;
      default:
        throw new KustomizeProblem(`Unexpected kind: ${typeof kind === 'string' ? kind : 'unknown'}`, {
          hint: "an operation's 'op' is one of add, remove, replace, move, copy, test",
        });
    }
  }
  return root;
}

function pathOf(operation: JsonOperation, field: 'path' | 'from', verb: string): string {
  const path = operation.get(field);
  if (typeof path === 'string') return path;
  throw new KustomizeProblem(`${verb} operation failed to decode ${field}: missing value`);
}

interface Found {
  readonly container: Container;
  readonly key: string;
}

/** The container that the last step of a pointer is in. */
function find(root: Container, path: string): Found | undefined {
  const parts = path.split('/');
  if (parts.length < 2) return undefined;
  let container = root;
  for (const part of parts.slice(1, -1)) {
    const key = unescapeKey(part);
    let next: YamlValue | undefined;
    if (container instanceof Map) next = container.get(key);
    else {
      const index = arrayIndex(container, key);
      next = typeof index === 'number' ? container[index] : undefined;
    }
    if (!(next instanceof Map) && !Array.isArray(next)) return undefined;
    container = next;
  }
  return { container, key: unescapeKey(parts.at(-1)!) };
}

const unescapeKey = (part: string): string => part.replace(/~[01]/g, (found) => (found === '~1' ? '/' : '~'));

/** The index of an element that is there, or what is wrong with the key. */
function arrayIndex(list: YamlList, key: string): number | string {
  if (!/^[-+]?\d+$/.test(key)) return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const index = Number(key);
  if (index >= list.length || index < -list.length)
    return `Unable to access invalid index: ${index}: invalid index referenced`;
  return index < 0 ? index + list.length : index;
}

function add(root: Container, operation: JsonOperation): void {
  const path = pathOf(operation, 'path', 'add');
  const found = find(root, path);
  if (found === undefined)
    throw new KustomizeProblem(`add operation does not apply: doc is missing path: "${path}": missing value`);
  const problem = insert(found, cloneValue(operation.get('value') ?? null));
  if (problem !== undefined) throw new KustomizeProblem(`error in add for path: '${path}': ${problem}`);
}

/** Puts a value into a container; says what is wrong if it cannot. */
function insert({ container, key }: Found, value: YamlValue): string | undefined {
  if (container instanceof Map) {
    container.set(key, value);
    return undefined;
  }
  if (key === '-') {
    container.push(value);
    return undefined;
  }
  if (!/^[-+]?\d+$/.test(key))
    return `value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const index = Number(key);
  const length = container.length + 1;
  if (index >= length || index < -length) return `Unable to access invalid index: ${index}: invalid index referenced`;
  container.splice(index < 0 ? index + length : index, 0, value);
  return undefined;
}

/** Takes a value out of a container; says what is wrong if it cannot. */
function takeOut({ container, key }: Found): string | undefined {
  if (container instanceof Map)
    return container.delete(key) ? undefined : `Unable to remove nonexistent key: ${key}: missing value`;
  const index = arrayIndex(container, key);
  if (typeof index === 'string') return index;
  container.splice(index, 1);
  return undefined;
}

function valueAt({ container, key }: Found): { value: YamlValue | undefined } | { problem: string } {
  if (container instanceof Map) return { value: container.get(key) };
  const index = arrayIndex(container, key);
  return typeof index === 'string' ? { problem: index } : { value: container[index] };
}

function remove(root: Container, operation: JsonOperation): void {
  const path = pathOf(operation, 'path', 'remove');
  const found = find(root, path);
  if (found === undefined)
    throw new KustomizeProblem(`remove operation does not apply: doc is missing path: "${path}": missing value`);
  const problem = takeOut(found);
  if (problem !== undefined) throw new KustomizeProblem(`error in remove for path: '${path}': ${problem}`);
}

function replace(root: Container, operation: JsonOperation): Container {
  const path = pathOf(operation, 'path', 'replace');
  const value = cloneValue(operation.get('value') ?? null);
  if (path === '') {
    if (value instanceof Map || Array.isArray(value)) return value;
    throw new KustomizeProblem('replace operation value must be object or array');
  }
  const found = find(root, path);
  if (found === undefined)
    throw new KustomizeProblem(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  const { container, key } = found;
  if (container instanceof Map) container.set(key, value);
  else {
    const index = arrayIndex(container, key);
    if (typeof index === 'string')
      throw new KustomizeProblem(`replace operation does not apply: doc is missing key: ${path}: missing value`);
    container[index] = value;
  }
  return root;
}

function move(root: Container, operation: JsonOperation): void {
  const from = pathOf(operation, 'from', 'move');
  const source = find(root, from);
  if (source === undefined)
    throw new KustomizeProblem(`move operation does not apply: doc is missing from path: ${from}: missing value`);
  const value = valueAt(source);
  const problem = 'problem' in value ? value.problem : takeOut(source);
  if (problem !== undefined) throw new KustomizeProblem(`error in move for path: '${source.key}': ${problem}`);
  const path = pathOf(operation, 'path', 'move');
  const target = find(root, path);
  if (target === undefined)
    throw new KustomizeProblem(
      `move operation does not apply: doc is missing destination path: ${path}: missing value`,
    );
  const wrong = insert(target, ('value' in value ? value.value : null) ?? null);
  if (wrong !== undefined) throw new KustomizeProblem(`error in move for path: '${path}': ${wrong}`);
}

function test(root: Container, operation: JsonOperation): void {
  const path = pathOf(operation, 'path', 'test');
  const expected = operation.get('value');
  const failed = new KustomizeProblem(`testing value ${path} failed: test failed`);
  if (path === '') {
    if (!equal(root, expected ?? null)) throw failed;
    return;
  }
  const found = find(root, path);
  if (found === undefined)
    throw new KustomizeProblem(`test operation does not apply: is missing path: ${path}: missing value`);
  const value = valueAt(found);
  if ('problem' in value) throw new KustomizeProblem(`error in test for path: '${path}': ${value.problem}`);
  if (!equal(value.value ?? null, expected ?? null)) throw failed;
}

function copy(root: Container, operation: JsonOperation): void {
  const from = pathOf(operation, 'from', 'copy');
  const source = find(root, from);
  if (source === undefined)
    throw new KustomizeProblem(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
  const value = valueAt(source);
  if ('problem' in value) throw new KustomizeProblem(`error in copy for from: '${from}': ${value.problem}`);
  const path = pathOf(operation, 'path', 'copy');
  const target = find(root, path);
  if (target === undefined)
    throw new KustomizeProblem(
      `copy operation does not apply: doc is missing destination path: ${path}: missing value`,
    );
  const problem = insert(target, cloneValue(value.value ?? null));
  if (problem !== undefined) throw new KustomizeProblem(`error while adding value during copy: ${problem}`);
}

function equal(a: YamlValue, b: YamlValue): boolean {
  if (a instanceof Map)
    return (
      b instanceof Map && a.size === b.size && [...a].every(([key, item]) => b.has(key) && equal(item, b.get(key)!))
    );
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => equal(item, b[at]!));
  return a === b;
}
