import { GoPointer, type GoType, type GoValue } from './value.ts';

/** The text that a value's own Error or String method gives; `undefined` where it has neither. */
export function ownText(value: GoValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const type = (value as { readonly type?: GoType }).type;
  if (type === undefined) return undefined;
  if (value instanceof GoPointer) {
    const { target } = value;
    const elem = type.elem!;
    const method =
      elem.pointerMethods?.get('Error') ??
      elem.methods?.get('Error') ??
      elem.pointerMethods?.get('String') ??
      elem.methods?.get('String');
    if (method === undefined) return undefined;
    return target === null ? '<nil>' : (method.call(target) as string);
  }
  const method = type.methods?.get('Error') ?? type.methods?.get('String');
  return method === undefined ? undefined : (method.call(value) as string);
}
