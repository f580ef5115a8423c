import { sprintValue } from './fmt.ts';
import { quoteGo } from './go-quote.ts';
import { ownText } from './own-text.ts';
import type { Frame } from './runtime.ts';
import {
  fieldPath,
  GoPointer,
  GoStruct,
  type GoType,
  type GoValue,
  type Method,
  TypedMap,
  typeOf,
  zeroOf,
} from './value.ts';

/** Fields, methods and printing of values. @see Go src/text/template/exec.go, evalField and printValue */

/** The value at the end of pointers; the pointer itself where it is nil. */
export function indirect(value: GoValue): GoValue {
  while (value instanceof GoPointer && value.target !== null) value = value.target as GoValue;
  return value;
}

/** The method of that name that a template can call on the value. */
export function findMethod(value: GoValue, name: string): Method | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const type = (value as { readonly type?: GoType }).type;
  if (type === undefined) return undefined;
  if (type.methods !== undefined) {
    const method = type.methods.get(name);
    if (method !== undefined) return method;
  }
  if (value instanceof GoPointer) return type.elem!.methods?.get(name) ?? type.elem!.pointerMethods?.get(name);
  if (value instanceof GoStruct && value.addressable) return type.pointerMethods?.get(name);
  return undefined;
}

/**
 * A field that is no method: of a map, of a struct, of what a pointer points to.
 * @param shown the type that an error names: a value that stands in an interface is shown with the interface's type
 */
export function plainField(frame: Frame, receiver: GoValue, name: string, hasArgs: boolean, shown?: string): GoValue {
  if (receiver === undefined) {
    if (frame.rt.missingKey === 'error') frame.fail(`nil data; no entry for key ${quoteGo(name)}`);
    return undefined;
  }
  if (receiver === null) return frame.fail(`nil pointer evaluating interface {}.${name}`);
  const type = shown ?? typeOf(receiver)!.name;
  const target = indirect(receiver);
  if (target instanceof Map) {
    if (hasArgs) frame.fail(`${name} is not a method but has arguments`);
    const value = target.get(name);
    return value !== undefined ? value : missing(frame, target, name);
  }
  if (target instanceof GoStruct) {
    const path = fieldPath(target.type, name);
    if (path !== undefined) {
      let value: GoValue = target;
      let unexported: boolean | undefined;
      for (const index of path) {
        unexported = (value as GoStruct).type.fields![index]!.unexported;
        value = (value as GoStruct).values[index];
      }
      if (unexported) frame.fail(`${name} is an unexported field of struct type ${type}`);
      if (hasArgs) frame.fail(`${name} has arguments but cannot be invoked as function`);
      if (value instanceof GoStruct && (receiver instanceof GoPointer || target.addressable))
        return new GoStruct(value.type, value.values, true);
      return value;
    }
  } else if (target instanceof GoPointer) {
    const elem = target.type.elem!;
    if (elem.fields === undefined || fieldPath(elem, name) !== undefined)
      frame.fail(`nil pointer evaluating ${type}.${name}`);
  }
  return frame.fail(`can't evaluate field ${name} in type ${type}`);
}

function missing(frame: Frame, receiver: Map<string, GoValue>, name: string): GoValue {
  switch (frame.rt.missingKey) {
    case 'default':
      return undefined;
    case 'zero': {
      const elem = receiver instanceof TypedMap ? receiver.type.elem : undefined;
      return elem === undefined ? null : zeroOf(elem);
    }
    case 'error':
      return frame.fail(`map has no entry for key ${quoteGo(name)}`);
  }
}

/** What an action writes for a value. */
export function printed(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '<no value>';
  if (value instanceof GoPointer) {
    const own = ownText(value);
    if (own !== undefined) return own;
    const target = indirect(value);
    return target instanceof GoPointer ? '<nil>' : sprintValue(target);
  }
  if (value instanceof GoStruct && value.addressable) {
    const own = ownText(new GoPointer(value));
    if (own !== undefined) return own;
  }
  return sprintValue(value);
}
