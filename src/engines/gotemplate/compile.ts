import { findMethod, indirect, plainField, printed } from './access.ts';
import { convertingArgument, idealConstant, isLiteral, literal } from './arguments.ts';
import { compileCall } from './call.ts';
import { sprintValue } from './fmt.ts';
import { type FunctionTable, type GoFunction, type Param, parseSignature } from './functions.ts';
import { quoteGo } from './go-quote.ts';
import {
  type ArgNode,
  type BodyNode,
  type BranchNode,
  type CommandNode,
  type ListNode,
  type Node,
  nodeText,
  type PipeNode,
  type TemplateNode,
  type Tree,
} from './node.ts';
import { isStackOverflow, Overflow } from './overflow.ts';
import { Frame } from './runtime.ts';
import {
  ANY,
  GoInt,
  GoSlice,
  type GoValue,
  goInt,
  isTrue,
  type Method,
  sliceItems,
  sortedKeys,
  TypedMap,
} from './value.ts';

/**
 * Templates as closures. Each node becomes a function of the frame and of dot; what Go finds out by reflection while it
 * runs (which kind of node, how many arguments, what a literal is) is decided here once.
 * @see Go src/text/template/exec.go
 */

/** Gives a value. Before it fails, and as Go's `at` does, it leaves its node in the frame. */
export type Eval = (frame: Frame, dot: GoValue) => GoValue;
/** The same after a `|`: `final` is the value that comes through. */
export type EvalFinal = (frame: Frame, dot: GoValue, final: GoValue) => GoValue;
/** Writes to the runtime. Gives what a `range` around it is to do. */
export type Exec = (frame: Frame, dot: GoValue) => Signal;
type Signal = 0 | 1 | 2;
const GO_ON = 0;
const BREAK = 1;
const CONTINUE = 2;

const MAX_DEPTH = 100_000;

export function compileTree(tree: Tree, functions: FunctionTable): Exec {
  return new Compiler(functions, declaresInside(tree.root)).body(tree.root);
}

/** Whether a pipeline in parentheses declares a variable: then the variables that exist depend on what was evaluated. */
function declaresInside(node: Node): boolean {
  switch (node.kind) {
    case 'list':
      return node.nodes.some(declaresInside);
    case 'action':
      return node.pipe.cmds.some(declaresInside);
    case 'if':
    case 'with':
    case 'range':
      return (
        node.pipe.cmds.some(declaresInside) ||
        declaresInside(node.list) ||
        (node.elseList !== undefined && declaresInside(node.elseList))
      );
    case 'template':
      return node.pipe?.cmds.some(declaresInside) ?? false;
    case 'pipe':
      return node.decl.length > 0 || node.cmds.some(declaresInside);
    case 'command':
      return node.args.some(declaresInside);
    case 'chain':
      return declaresInside(node.node);
    default:
      return false;
  }
}

/** A variable that exists at a place of the text; `origin` is the range whose element it is, counted from the outermost. */
interface Variable {
  readonly name: string;
  readonly origin: number;
}
const NO_ORIGIN = -1;

class Compiler {
  readonly #functions: FunctionTable;
  readonly #dynamic: boolean;
  /** What is on Go's stack of variables at this place; the index is the slot. */
  #scope: Variable[] = [{ name: '$', origin: NO_ORIGIN }];
  /** The range whose element dot is. */
  #dotOrigin = NO_ORIGIN;
  /** How many ranges are around this place. */
  #ranges = 0;

  constructor(functions: FunctionTable, dynamic: boolean) {
    this.#functions = functions;
    this.#dynamic = dynamic;
  }

  #snapshot(): Compiler {
    const copy = new Compiler(this.#functions, this.#dynamic);
    copy.#scope.splice(0, 1, ...this.#scope);
    copy.#dotOrigin = this.#dotOrigin;
    copy.#ranges = this.#ranges;
    return copy;
  }

  body(list: ListNode): Exec {
    if (!this.#dynamic) return this.#list(list);
    const run = this.#list(list);
    return (frame, dot) => {
      frame.names ??= ['$'];
      return run(frame, dot);
    };
  }

  // Lists and control structures

  #list(list: ListNode): Exec {
    const nodes = list.nodes.map((node) => this.#node(node));
    const { 0: first, 1: second, 2: third } = nodes; // an array's pattern would make an iterator for each list
    switch (nodes.length) {
      case 0:
        return () => GO_ON;
      case 1:
        return first!;
      case 2:
        return (frame, dot) => first!(frame, dot) || second!(frame, dot);
      case 3:
        return (frame, dot) => first!(frame, dot) || second!(frame, dot) || third!(frame, dot);
      default:
        return (frame, dot) => {
          for (let i = 0; i < nodes.length; i++) {
            const signal = nodes[i]!(frame, dot);
            if (signal !== GO_ON) return signal;
          }
          return GO_ON;
        };
    }
  }

  #node(node: BodyNode): Exec {
    switch (node.kind) {
      case 'text': {
        const { text } = node;
        return (frame) => {
          frame.rt.out += text;
          return GO_ON;
        };
      }
      case 'action': {
        if (node.pipe.cmds.length === 1 && node.pipe.decl.length === 0) {
          const command = this.#command(node.pipe.cmds[0]!, false, node.pipe);
          return (frame, dot) => {
            const value = command(frame, dot, undefined);
            frame.rt.out += typeof value === 'string' ? value : printed(value);
            return GO_ON;
          };
        }
        const pipe = this.#pipe(node.pipe);
        if (node.pipe.decl.length > 0)
          return (frame, dot) => {
            pipe(frame, dot);
            return GO_ON;
          };
        return (frame, dot) => {
          const value = pipe(frame, dot);
          frame.rt.out += typeof value === 'string' ? value : printed(value);
          return GO_ON;
        };
      }
      case 'break':
        return () => BREAK;
      case 'continue':
        return () => CONTINUE;
      case 'if':
      case 'with':
        return this.#scoped(() => this.#ifOrWith(node));
      case 'range':
        return this.#scoped(() => this.#range(node));
      case 'template':
        return this.#template(node);
    }
  }

  /** What is declared inside is gone afterwards. */
  #scoped(compile: () => Exec): Exec {
    const mark = this.#scope.length;
    const run = compile();
    this.#scope.length = mark;
    if (!this.#dynamic) return run;
    return (frame, dot) => {
      const before = frame.vars.length;
      const signal = run(frame, dot);
      this.#pop(frame, before);
      return signal;
    };
  }
  #pop(frame: Frame, mark: number): void {
    frame.vars.length = mark;
    frame.names!.length = mark;
  }
  /** Compiles a list whose declarations another list at the same place does not see. */
  #branch(list: ListNode): Exec {
    const mark = this.#scope.length;
    const run = this.#list(list);
    this.#scope.length = mark;
    return run;
  }

  #ifOrWith(node: BranchNode): Exec {
    const pipe = this.#pipe(node.pipe);
    const isWith = node.kind === 'with';
    const origin = this.#dotOrigin;
    if (isWith) this.#dotOrigin = NO_ORIGIN;
    const then = this.#branch(node.list);
    this.#dotOrigin = origin;
    const otherwise = node.elseList === undefined ? undefined : this.#branch(node.elseList);
    if (isWith)
      return (frame, dot) => {
        const value = pipe(frame, dot);
        if (isTrue(value)) return then(frame, value);
        return otherwise === undefined ? GO_ON : otherwise(frame, dot);
      };
    return (frame, dot) => {
      if (isTrue(pipe(frame, dot))) return then(frame, dot);
      return otherwise === undefined ? GO_ON : otherwise(frame, dot);
    };
  }

  #range(node: BranchNode): Exec {
    const { decl, isAssign } = node.pipe;
    const origin = this.#ranges++;
    const evaluate = this.#pipe(node.pipe, origin);
    const top = this.#scope.length;
    let setIndex: ((frame: Frame, value: GoValue) => void) | undefined;
    let setElem: ((frame: Frame, value: GoValue) => void) | undefined;
    if (decl.length > 0) {
      const target = (i: number) => {
        if (isAssign) return this.#assign(decl[i]!.ident[0]!);
        if (this.#dynamic)
          return (frame: Frame, value: GoValue) => {
            frame.vars[frame.vars.length - (decl.length - i)] = value;
          };
        const slot = top - (decl.length - i);
        return (frame: Frame, value: GoValue) => {
          frame.vars[slot] = value;
        };
      };
      if (decl.length > 1) setIndex = target(0);
      setElem = target(decl.length - 1);
    }
    const dotOrigin = this.#dotOrigin;
    this.#dotOrigin = origin;
    const body = this.#branch(node.list);
    this.#dotOrigin = dotOrigin;
    this.#ranges--;
    const otherwise = node.elseList === undefined ? undefined : this.#branch(node.elseList);
    const dynamic = this.#dynamic;

    const once = (frame: Frame, index: GoValue, elem: GoValue): Signal => {
      frame.rt.step();
      const mark = frame.vars.length;
      if (setElem !== undefined) {
        if (setIndex !== undefined && isAssign) setIndex(frame, index);
        setElem(frame, elem);
        if (setIndex !== undefined && !isAssign) setIndex(frame, index);
      }
      const signal = body(frame, elem);
      if (dynamic) this.#pop(frame, mark);
      return signal;
    };

    return (frame, dot) => {
      const evaluated = evaluate(frame, dot);
      const value = indirect(evaluated);
      frame.origins ??= [];
      const { origins } = frame;
      origins[origin] = true;
      if (value instanceof Map) {
        if (value.size > 0) {
          if (value instanceof TypedMap) origins[origin] = value.type.elem === ANY;
          const keys = sortedKeys(value);
          const elems = keys.map((key) => value.get(key));
          for (let i = 0; i < keys.length; i++) if (once(frame, keys[i], elems[i]) === BREAK) break;
          return GO_ON;
        }
      } else if (value instanceof GoInt) {
        if (decl.length > 1) frame.fail(`can't use ${sprintValue(value)} to iterate over more than one variable`);
        const end = Number(value.n);
        if (end > 0) {
          origins[origin] = false;
          for (let i = 0; i < end; i++) if (once(frame, undefined, new GoInt(i, value.type)) === BREAK) break;
          return GO_ON;
        }
      } else if (value !== undefined && value !== null) {
        const items = sliceItems(value);
        if (items === undefined) return frame.fail(`range can't iterate over ${sprintValue(value)}`);
        if (items.length > 0) {
          if (!Array.isArray(value)) origins[origin] = value instanceof GoSlice && value.type.elem === ANY;
          if (setIndex === undefined) {
            for (let i = 0; i < items.length; i++) if (once(frame, undefined, items[i]) === BREAK) break;
          } else for (let i = 0; i < items.length; i++) if (once(frame, goInt(i), items[i]) === BREAK) break;
          return GO_ON;
        }
      }
      return otherwise === undefined ? GO_ON : otherwise(frame, dot);
    };
  }

  #template(node: TemplateNode): Exec {
    const { name } = node;
    const pipe = node.pipe === undefined ? undefined : this.#pipe(node.pipe);
    return (frame, dot) => {
      frame.node = node;
      const { rt } = frame;
      const template = rt.scope.lookup(name);
      if (template === undefined) return frame.fail(`template ${quoteGo(name)} not defined`);
      if (frame.depth === MAX_DEPTH) frame.fail(`exceeded maximum template depth (${MAX_DEPTH})`);
      rt.step();
      const data = pipe === undefined ? undefined : pipe(frame, dot);
      try {
        template.code.exec(new Frame(rt, name, template.parseName, data, frame.depth + 1), data);
      } catch (error) {
        if (isStackOverflow(error)) throw new Overflow();
        if (error instanceof Overflow) {
          frame.node = node;
          error.levels.push({ is: 'template', prefix: frame.prefix() });
        }
        throw error;
      }
      return GO_ON;
    };
  }

  // Variables

  /** @param origin of a range's element, for the last variable */
  #declare(name: string, origin: number): (frame: Frame, value: GoValue) => void {
    if (this.#dynamic)
      return (frame, value) => {
        frame.vars.push(value);
        frame.names!.push(name);
      };
    const slot = this.#scope.length;
    this.#scope.push({ name, origin });
    return (frame, value) => {
      frame.vars[slot] = value;
    };
  }
  #find(name: string): number {
    return this.#scope.findLastIndex((variable) => variable.name === name);
  }
  #assign(name: string): (frame: Frame, value: GoValue) => void {
    if (this.#dynamic)
      return (frame, value) => {
        const slot = frame.names!.lastIndexOf(name);
        if (slot < 0) frame.fail(`undefined variable: ${name}`);
        frame.vars[slot] = value;
      };
    const slot = this.#find(name);
    if (slot < 0) return (frame) => frame.fail(`undefined variable: ${name}`);
    return (frame, value) => {
      frame.vars[slot] = value;
    };
  }
  #variable(name: string): Eval {
    if (this.#dynamic)
      return (frame) => {
        const slot = frame.names!.lastIndexOf(name);
        return slot < 0 ? frame.fail(`undefined variable: ${name}`) : frame.vars[slot];
      };
    const slot = this.#find(name);
    if (slot < 0) return (frame) => frame.fail(`undefined variable: ${name}`);
    return (frame) => frame.vars[slot];
  }

  // Pipelines and commands

  #pipe(node: PipeNode, origin = NO_ORIGIN): Eval {
    const commands = node.cmds.map((cmd, index) => this.#command(cmd, index > 0, node));
    let evaluate: Eval;
    const { 0: first, 1: second } = commands;
    if (commands.length === 1)
      evaluate = (frame, dot) => {
        const value = first!(frame, dot, undefined);
        return value === null ? undefined : value;
      };
    else if (commands.length === 2)
      evaluate = (frame, dot) => {
        let value = first!(frame, dot, undefined);
        if (value === null) value = undefined;
        value = second!(frame, dot, value);
        return value === null ? undefined : value;
      };
    else
      evaluate = (frame, dot) => {
        let value: GoValue;
        for (let i = 0; i < commands.length; i++) {
          value = commands[i]!(frame, dot, value);
          if (value === null) value = undefined;
        }
        return value;
      };
    if (node.decl.length === 0) return evaluate;
    const setters = node.decl.map((variable, i) => {
      const name = variable.ident[0]!;
      if (node.isAssign) return this.#assign(name);
      return this.#declare(name, i === node.decl.length - 1 ? origin : NO_ORIGIN);
    });
    return (frame, dot) => {
      const value = evaluate(frame, dot);
      for (let i = 0; i < setters.length; i++) setters[i]!(frame, value);
      return value;
    };
  }

  #command(cmd: CommandNode, hasFinal: boolean, pipe: PipeNode): EvalFinal {
    const word = cmd.args[0]!;
    const args = cmd.args.slice(1);
    switch (word.kind) {
      case 'identifier':
        return this.#function(word, cmd, word.name, args, hasFinal);
      case 'field':
      case 'variable':
      case 'chain':
        return this.#operand(word, args, hasFinal);
      default: {
        const notFunction =
          args.length > 0 || hasFinal ? `can't give argument to non-function ${nodeText(word)}` : undefined;
        if (word.kind === 'pipe') {
          // Go has not come to this node yet: the error is at the one before.
          if (notFunction !== undefined) {
            return (frame) => {
              if (!hasFinal) frame.node = pipe;
              return frame.fail(notFunction);
            };
          }
          return this.#pipe(word);
        }
        if (notFunction !== undefined) return fails(word, notFunction);
        return this.#word(word);
      }
    }
  }

  #word(word: ArgNode): Eval {
    switch (word.kind) {
      case 'bool':
        return constant(word, word.value);
      case 'string':
        return constant(word, word.text);
      case 'number': {
        const value = idealConstant(word);
        if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'error'))
          return fails(word, (value as { readonly error: string }).error);
        return constant(word, value as GoValue);
      }
      case 'dot':
        return (frame, dot) => {
          frame.node = word;
          return dot;
        };
      default:
        return fails(word, 'nil is not a command');
    }
  }

  /** A field, a variable or a chain, perhaps with arguments for a method at its end. */
  #operand(node: ArgNode, args: readonly ArgNode[], hasFinal: boolean): EvalFinal {
    switch (node.kind) {
      case 'field': {
        const origin = this.#dotOrigin;
        return this.#fields(node, at(node), node.ident, origin, args, hasFinal);
      }
      case 'variable': {
        const name = node.ident[0]!;
        const get = this.#variable(name);
        const evaluate: Eval = (frame, dot) => {
          frame.node = node;
          return get(frame, dot);
        };
        if (node.ident.length === 1) {
          if (args.length === 0 && !hasFinal) return evaluate;
          const message = (frame: Frame) => frame.fail(`can't give argument to non-function ${nodeText(node)}`);
          return (frame, dot) => {
            evaluate(frame, dot);
            return message(frame);
          };
        }
        const slot = this.#dynamic ? -1 : this.#find(name);
        const origin = slot < 0 ? NO_ORIGIN : this.#scope[slot]!.origin;
        return this.#fields(node, evaluate, node.ident.slice(1), origin, args, hasFinal);
      }
      case 'chain': {
        if (node.node.kind === 'nil') return fails(node, `indirection through explicit nil in ${nodeText(node)}`);
        const head = this.#value(node.node);
        return this.#fields(node, head, node.fields, NO_ORIGIN, args, hasFinal);
      }
      default:
        throw new Error(`no operand: ${node.kind}`);
    }
  }

  /** `.A.B.C` after `head`; the last may be a method with arguments. */
  #fields(
    node: ArgNode,
    head: Eval,
    names: readonly string[],
    origin: number,
    args: readonly ArgNode[],
    hasFinal: boolean,
  ): EvalFinal {
    const hasArgs = args.length > 0 || hasFinal;
    let calls: Map<Method, EvalFinal> | undefined; // few fields are methods
    // Methods are known only while running: arguments are compiled then, as if still at this place.
    const later = hasArgs ? this.#snapshot() : this;
    // A method's arguments are compiled when it is known which method it is: with the variables of this place.
    const scope = args.length > 0 ? this.#scope.slice() : [];
    const dotOrigin = this.#dotOrigin;
    const callMethod = (
      frame: Frame,
      dot: GoValue,
      final: GoValue,
      method: Method,
      receiver: GoValue,
      name: string,
      last: boolean,
    ): GoValue => {
      let call = last ? calls?.get(method) : undefined;
      if (call === undefined) {
        const { params, rest } = parseSignature(method.signature);
        const fn: GoFunction = { name, params, rest, call: method.call, runtime: false, special: undefined };
        const [outerScope, outerOrigin] = [this.#scope, this.#dotOrigin];
        this.#scope = scope.slice();
        this.#dotOrigin = dotOrigin;
        try {
          call = later.#call(fn, name, node, last ? args : [], last && hasFinal, true);
        } finally {
          this.#scope = outerScope;
          this.#dotOrigin = outerOrigin;
        }
        if (last) {
          calls ??= new Map();
          calls.set(method, call);
        }
      }
      frame.receiver = indirect(receiver);
      return call(frame, dot, final);
    };
    const step = (
      frame: Frame,
      dot: GoValue,
      final: GoValue,
      receiver: GoValue,
      i: number,
      previous: GoValue,
    ): GoValue => {
      const name = names[i]!;
      const last = i === names.length - 1;
      if (typeof receiver === 'object' && receiver !== null) {
        const method = findMethod(receiver, name);
        if (method !== undefined) return callMethod(frame, dot, final, method, receiver, name, last);
      }
      const inInterface = i === 0 ? origin >= 0 && frame.origins?.[origin] === true : holdsInterfaces(previous);
      return plainField(frame, receiver, name, last && hasArgs, inInterface ? 'interface {}' : undefined);
    };
    const first = names[0]!;
    const second = names[1]!;
    if (names.length === 1 && !hasArgs)
      return (frame, dot) => {
        const receiver = head(frame, dot);
        if (receiver instanceof Map && (receiver as Partial<TypedMap>).type === undefined) {
          const value = receiver.get(first);
          if (value !== undefined) return value;
        }
        return step(frame, dot, undefined, receiver, 0, undefined);
      };
    if (names.length === 2 && !hasArgs)
      return (frame, dot) => {
        const receiver = head(frame, dot);
        const middle = step(frame, dot, undefined, receiver, 0, undefined);
        if (middle instanceof Map && (middle as Partial<TypedMap>).type === undefined) {
          const value = middle.get(second);
          if (value !== undefined) return value;
        }
        return step(frame, dot, undefined, middle, 1, receiver);
      };
    return (frame, dot, final) => {
      let previous: GoValue;
      let value = head(frame, dot);
      for (let i = 0; i < names.length; i++) {
        const next =
          value instanceof Map &&
          (value as Partial<TypedMap>).type === undefined &&
          !(hasArgs && i === names.length - 1)
            ? value.get(names[i]!)
            : undefined;
        const result = next !== undefined ? next : step(frame, dot, final, value, i, previous);
        previous = value;
        value = result;
      }
      return value;
    };
  }

  // Functions

  #function(word: Node, cmd: Node, name: string, args: readonly ArgNode[], hasFinal: boolean): EvalFinal {
    const fn = this.#functions.get(name);
    if (fn === undefined) return fails(word, `${quoteGo(name)} is not a defined function`);
    if (fn.special === 'and' || fn.special === 'or') return this.#shortCircuit(fn, word, args, hasFinal);
    return this.#call(fn, name, cmd, args, hasFinal, false, word);
  }

  #shortCircuit(fn: GoFunction, word: Node, args: readonly ArgNode[], hasFinal: boolean): EvalFinal {
    if (args.length === 0 && !hasFinal)
      return fails(word, `wrong number of args for ${fn.name}: want at least 1 got 0`);
    const param = fn.params[0]!;
    const values = args.map((arg) => this.#argument(arg, param)) as Eval[];
    const stopAt = fn.special === 'or';
    return (frame, dot, final) => {
      frame.node = word;
      let value: GoValue;
      for (let i = 0; i < values.length; i++) {
        value = values[i]!(frame, dot);
        if (isTrue(value) === stopAt) return value;
      }
      return hasFinal ? final : value;
    };
  }

  /**
   * @param method its receiver waits in the frame
   * @param word where an error is until an argument has been evaluated
   */
  #call(
    fn: GoFunction,
    name: string,
    node: Node,
    args: readonly ArgNode[],
    hasFinal: boolean,
    method: boolean,
    word: Node = node,
  ): EvalFinal {
    const { params, rest } = fn;
    const count = args.length + (hasFinal ? 1 : 0);
    if (rest !== undefined ? count < params.length : count !== params.length) {
      const wanted =
        rest !== undefined ? `at least ${params.length} got ${args.length}` : `${params.length} got ${count}`;
      const message = `wrong number of args for ${name}: want ${wanted}`;
      return method ? (frame) => frame.fail(message) : fails(word, message);
    }
    const param = (i: number): Param => (i < params.length ? params[i]! : rest!);
    const values = args.map((arg, i) => this.#argument(arg, param(i)));
    const last = hasFinal ? param(args.length) : undefined;
    const callee = args.length === 0 ? undefined : nodeText(args[0]!);
    return compileCall({ fn, name, node, word, values, last, method, callee });
  }

  #argument(node: ArgNode, param: Param): (frame: Frame, dot: GoValue) => unknown {
    if (isLiteral(node)) {
      const given = literal(node, param);
      if ('error' in given) return fails(node, given.error);
      const { value } = given;
      return (frame) => {
        frame.node = node;
        return value;
      };
    }
    return convertingArgument(this.#value(node), param);
  }

  /** A node where a value is needed: an argument, or the head of a chain. */
  #value(node: ArgNode): Eval {
    switch (node.kind) {
      case 'dot':
        return (frame, dot) => {
          frame.node = node;
          return dot;
        };
      case 'field':
      case 'variable':
      case 'chain': {
        const evaluate = this.#operand(node, [], false);
        return (frame, dot) => evaluate(frame, dot, undefined);
      }
      case 'identifier': {
        const evaluate = this.#function(node, node, node.name, [], false);
        return (frame, dot) => evaluate(frame, dot, undefined);
      }
      case 'pipe':
        return this.#pipe(node);
      default:
        return this.#word(node);
    }
  }
}

/** Dot, where an error would name the node. */
function at(node: Node): Eval {
  return (frame, dot) => {
    frame.node = node;
    return dot;
  };
}
function constant(node: Node, value: GoValue): Eval {
  return (frame) => {
    frame.node = node;
    return value;
  };
}
function fails(node: Node, message: string): (frame: Frame) => never {
  return (frame) => {
    frame.node = node;
    return frame.fail(message);
  };
}

/** Whether what was taken out of the value stood in an interface: an element of a map or slice of such. */
function holdsInterfaces(value: GoValue): boolean {
  if (value instanceof Map || Array.isArray(value)) return !(value instanceof TypedMap) || value.type.elem === ANY;
  return false;
}
