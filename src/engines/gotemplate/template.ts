import { compileTree, type Exec } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { isEmptyTree, type Tree } from './node.ts';

/** A parsed template; compiled when it is first executed. */
export class Template {
  readonly tree: Tree;
  readonly isEmpty: boolean;
  /** Writes the template; replaced by what it is compiled to when it is first called. */
  exec: Exec;
  constructor(tree: Tree, functions: FunctionTable) {
    this.tree = tree;
    this.isEmpty = isEmptyTree(tree.root);
    this.exec = (frame, dot) => {
      this.exec = compileTree(tree, functions);
      return this.exec(frame, dot);
    };
  }
}
