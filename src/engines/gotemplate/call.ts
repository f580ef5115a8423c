import { convert } from './arguments.ts';
import type { EvalFinal } from './compile.ts';
import type { GoFunction, Param } from './functions.ts';
import type { Node } from './node.ts';
import type { Frame } from './runtime.ts';
import { type GoValue, typeName } from './value.ts';

/** Calls of functions, with closures of their own for the usual numbers of arguments. */

export interface Call {
  readonly fn: GoFunction;
  readonly name: string;
  /** Where an error of the function is. */
  readonly node: Node;
  /** Where an error is until an argument has been evaluated. */
  readonly word: Node;
  readonly values: readonly ((frame: Frame, dot: GoValue) => unknown)[];
  /** What the value that comes through the pipe is for, if one does. */
  readonly last: Param | undefined;
  /** A method: its receiver waits in the frame. */
  readonly method: boolean;
  /** The text of the first argument. */
  readonly callee: string | undefined;
}

/** reflect.Value.String. */
function valueString(value: GoValue): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '<invalid Value>' : `<${typeName(value)} Value>`;
}

export function compileCall({ fn, name, node, word, values, last, method, callee }: Call): EvalFinal {
  const call = fn.call;
  if (fn.special === 'call') {
    return (frame, dot, final) => {
      frame.node = word;
      const given: unknown[] = values.map((value) => value(frame, dot));
      if (last !== undefined) given.push(convert(frame, final, last));
      try {
        return call(callee ?? valueString(final), ...given);
      } catch (error) {
        throw frame.callFailed(node, name, error);
      }
    };
  }
  if (method)
    return (frame, dot, final) => {
      const { receiver } = frame;
      const given: unknown[] = values.map((value) => value(frame, dot));
      if (last !== undefined) given.push(convert(frame, final, last));
      try {
        return call(receiver, ...given);
      } catch (error) {
        throw frame.callFailed(node, name, error);
      }
    };
  const { 0: a, 1: b, 2: c } = values;
  if (!fn.runtime && values.length <= 3) {
    switch (values.length) {
      case 0:
        if (last === undefined)
          return (frame) => {
            frame.node = word;
            try {
              return call();
            } catch (error) {
              throw frame.callFailed(node, name, error);
            }
          };
        return (frame, _dot, final) => {
          frame.node = word;
          const x = convert(frame, final, last);
          try {
            return call(x);
          } catch (error) {
            throw frame.callFailed(node, name, error);
          }
        };
      case 1:
        if (last === undefined)
          return (frame, dot) => {
            frame.node = word;
            const x = a!(frame, dot);
            try {
              return call(x);
            } catch (error) {
              throw frame.callFailed(node, name, error);
            }
          };
        return (frame, dot, final) => {
          frame.node = word;
          const x = a!(frame, dot);
          const y = convert(frame, final, last);
          try {
            return call(x, y);
          } catch (error) {
            throw frame.callFailed(node, name, error);
          }
        };
      case 2:
        if (last === undefined)
          return (frame, dot) => {
            frame.node = word;
            const x = a!(frame, dot);
            const y = b!(frame, dot);
            try {
              return call(x, y);
            } catch (error) {
              throw frame.callFailed(node, name, error);
            }
          };
        return (frame, dot, final) => {
          frame.node = word;
          const x = a!(frame, dot);
          const y = b!(frame, dot);
          const z = convert(frame, final, last);
          try {
            return call(x, y, z);
          } catch (error) {
            throw frame.callFailed(node, name, error);
          }
        };
      default:
        if (last === undefined)
          return (frame, dot) => {
            frame.node = word;
            const x = a!(frame, dot);
            const y = b!(frame, dot);
            const z = c!(frame, dot);
            try {
              return call(x, y, z);
            } catch (error) {
              throw frame.callFailed(node, name, error);
            }
          };
    }
  }
  if (fn.runtime && values.length === 2 && last === undefined)
    return (frame, dot) => {
      frame.node = word;
      const x = a!(frame, dot);
      const y = b!(frame, dot);
      try {
        return call(frame.rt, x, y);
      } catch (error) {
        throw frame.callFailed(node, name, error);
      }
    };
  return (frame, dot, final) => {
    frame.node = word;
    const given: unknown[] = fn.runtime ? [frame.rt] : [];
    for (let i = 0; i < values.length; i++) given.push(values[i]!(frame, dot));
    if (last !== undefined) given.push(convert(frame, final, last));
    try {
      return call(...given);
    } catch (error) {
      throw frame.callFailed(node, name, error);
    }
  };
}
