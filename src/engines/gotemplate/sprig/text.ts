import { sprintValue } from '../fmt.ts';
import { fromBytes } from '../go-string.ts';
import { ownText } from '../own-text.ts';
import { GoBytes, GoSlice, type GoValue, isSlice, SLICE_STRING, sliceItems } from '../value.ts';

/** A value as text, as sprig's functions take it. @see sprig strings.go, strval and strslice */
export function strval(value: GoValue): string {
  if (typeof value === 'string') return value;
  if (value instanceof GoBytes) return fromBytes(value.bytes);
  return ownText(value) ?? sprintValue(value);
}

/** A value as a list of texts; nil elements are left out. */
export function strslice(value: GoValue): string[] {
  if (value === null || value === undefined) return [];
  if (value instanceof GoSlice && value.type === SLICE_STRING) return value.items as string[];
  if (!isSlice(value)) return [strval(value)];
  const out: string[] = [];
  for (const item of sliceItems(value)!) if (item !== null) out.push(strval(item));
  return out;
}
