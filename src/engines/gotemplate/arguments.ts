import type { Eval } from './compile.ts';
import type { Param } from './functions.ts';
import { type ArgNode, type NumberNode, nodeText } from './node.ts';
import type { Frame } from './runtime.ts';
import {
  assignable,
  GoComplex,
  GoInt,
  GoPointer,
  GoStruct,
  type GoType,
  type GoValue,
  goInt,
  typeOf,
  zeroOf,
} from './value.ts';

/** What a parameter accepts, and literals as arguments. @see Go src/text/template/exec.go, validateType and evalArg */

const canBeNil = (type: GoType): boolean =>
  type.kind === 'interface' || type.kind === 'map' || type.kind === 'ptr' || type.kind === 'slice';

/** The value as the implementation takes it, or an error at the frame's node. */
export function convert(frame: Frame, value: GoValue, param: Param): unknown {
  switch (param.shape) {
    case 'value':
      return value;
    case 'any':
      if (value === undefined) return null;
      return value instanceof GoStruct && value.addressable ? new GoStruct(value.type, value.values) : value;
    case 'string':
      return typeof value === 'string' ? value : mismatch(frame, value, param.type!);
    case 'float':
      return typeof value === 'number' ? value : mismatch(frame, value, param.type!);
    case 'bool':
      return typeof value === 'boolean' ? value : mismatch(frame, value, param.type!);
    case 'int':
      return value instanceof GoInt && value.type === param.type ? value.n : mismatch(frame, value, param.type!);
    case 'object': {
      const type = typeOf(value);
      return type !== undefined && assignable(type, param.type!) ? value : mismatch(frame, value, param.type!);
    }
  }
}

function mismatch(frame: Frame, value: GoValue, type: GoType): unknown {
  if (value === undefined) return canBeNil(type) ? zeroOf(type) : frame.fail(`invalid value; expected ${type.name}`);
  if (value instanceof GoPointer && assignable(value.type.elem!, type))
    return value.target ?? frame.fail(`dereference of nil pointer of type ${type.name}`);
  return frame.fail(`wrong type for value; expected ${type.name}; got ${typeOf(value)?.name ?? 'interface {}'}`);
}

/** What a number is where nothing says its type. */
export function idealConstant(node: NumberNode): GoValue | { readonly error: string } {
  const { text } = node;
  if (node.complex !== undefined) return new GoComplex(node.complex.re, node.complex.im);
  const hexInt = text.length > 2 && /^0[xX]/.test(text) && !/[pP]/.test(text);
  if (node.float !== undefined && !hexInt && text[0] !== "'" && /[.eEpP]/.test(text)) return node.float;
  if (node.int !== undefined) return goInt(node.int);
  return node.uint !== undefined ? { error: `${text} overflows int` } : undefined;
}
const isError = (value: unknown): value is { readonly error: string } =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'error');

/** A literal as an argument, or what is wrong with it. */
export function literal(node: ArgNode, param: Param): { readonly value: unknown } | { readonly error: string } {
  if (node.kind === 'nil') {
    if (param.shape === 'value') return { value: undefined };
    return canBeNil(param.type!)
      ? { value: zeroOf(param.type!) }
      : { error: `cannot assign nil to ${param.type!.name}` };
  }
  switch (param.shape) {
    case 'any':
    case 'value':
      if (node.kind === 'bool') return { value: node.value };
      if (node.kind === 'string') return { value: node.text };
      if (node.kind === 'number') {
        const value = idealConstant(node);
        return isError(value) ? value : { value };
      }
      return { error: `can't handle assignment of ${nodeText(node)} to empty interface argument` };
    case 'bool':
      return node.kind === 'bool' ? { value: node.value } : { error: `expected bool; found ${nodeText(node)}` };
    case 'string':
      return node.kind === 'string' ? { value: node.text } : { error: `expected string; found ${nodeText(node)}` };
    case 'float':
      return node.kind === 'number' && node.float !== undefined
        ? { value: node.float }
        : { error: `expected float; found ${nodeText(node)}` };
    case 'int': {
      const unsigned = param.type!.kind.startsWith('uint');
      const n = node.kind === 'number' ? (unsigned ? node.uint : node.int) : undefined;
      if (n === undefined)
        return { error: `expected ${unsigned ? 'unsigned integer' : 'integer'}; found ${nodeText(node)}` };
      const wrapped = param.type!.kind === 'uint32' ? BigInt.asUintN(32, n) : n;
      return { value: goInt(wrapped).n };
    }
    case 'object':
      return { error: `can't handle ${nodeText(node)} for arg of type ${param.type!.name}` };
  }
}

export const isLiteral = (node: ArgNode): boolean =>
  node.kind === 'nil' || node.kind === 'bool' || node.kind === 'string' || node.kind === 'number';

/** The evaluation of one argument, given that of its node. */
export function convertingArgument(evaluate: Eval, param: Param): (frame: Frame, dot: GoValue) => unknown {
  switch (param.shape) {
    case 'value':
      return evaluate;
    case 'any':
      return (frame, dot) => {
        const value = evaluate(frame, dot);
        if (typeof value === 'object') return value instanceof GoStruct ? convert(frame, value, param) : value;
        return value === undefined ? null : value;
      };
    case 'string':
      return (frame, dot) => {
        const value = evaluate(frame, dot);
        return typeof value === 'string' ? value : mismatch(frame, value, param.type!);
      };
    default:
      return (frame, dot) => convert(frame, evaluate(frame, dot), param);
  }
}
