import { compileTree, type Exec } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { isEmptyTree, type Tree } from './node.ts';

/** What a text, or a definition in it, was parsed to. The same for every file that holds the same text. */
export class Code {
  readonly isEmpty: boolean;
  /** Writes the template; replaced by what it is compiled to when it is first called. */
  exec: Exec;
  constructor(tree: Tree, functions: FunctionTable) {
    this.isEmpty = isEmptyTree(tree.root);
    this.exec = (frame, dot) => {
      this.exec = compileTree(tree, functions);
      return this.exec(frame, dot);
    };
  }
}

/** A parsed template. */
export class Template {
  readonly name: string;
  /** The name of the text that it stands in, which errors give. */
  readonly parseName: string;
  readonly code: Code;
  constructor(name: string, parseName: string, code: Code) {
    this.name = name;
    this.parseName = parseName;
    this.code = code;
  }
}
