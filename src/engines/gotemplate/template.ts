import { compileTree, type Exec } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { isEmptyTree, type Tree } from './node.ts';
import type { Frame } from './runtime.ts';
import type { GoValue } from './value.ts';

/** A parsed template; compiled when it is first executed. */
export class Template {
  readonly tree: Tree;
  readonly isEmpty: boolean;
  readonly #functions: FunctionTable;
  #exec: Exec | undefined;
  constructor(tree: Tree, functions: FunctionTable) {
    this.tree = tree;
    this.isEmpty = isEmptyTree(tree.root);
    this.#functions = functions;
  }

  exec(frame: Frame, dot: GoValue): void {
    this.#exec ??= compileTree(this.tree, this.#functions);
    this.#exec(frame, dot);
  }
}
