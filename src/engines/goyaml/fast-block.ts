import { LEAVE } from './leave.ts';

/** Reads the lines of a block scalar, as `scanBlockScalar` does. */
export class BlockLines {
  readonly s: string;
  pos: number;
  lineStart: number;
  #indent: number;
  readonly #parent: number;

  constructor(s: string, pos: number, parent: number, increment: number) {
    this.s = s;
    this.pos = pos;
    this.lineStart = pos;
    this.#parent = parent;
    this.#indent = increment > 0 ? Math.max(parent, 0) + increment : 0;
  }

  /** @returns the number of empty lines gone over */
  #breaks(): number {
    const s = this.s;
    const indent = this.#indent;
    let breaks = 0;
    let widest = 0;
    let pos = this.pos;
    for (;;) {
      const bound = indent === 0 ? Number.MAX_SAFE_INTEGER : this.lineStart + indent;
      let c = s.charCodeAt(pos);
      while (c === 32 && pos < bound) c = s.charCodeAt(++pos);
      if (pos - this.lineStart > widest) widest = pos - this.lineStart;
      if (c === 9 && pos < bound) throw LEAVE;
      if (c !== 10) break;
      breaks++;
      this.lineStart = ++pos;
    }
    this.pos = pos;
    if (indent === 0) this.#indent = Math.max(widest, this.#parent + 1, 1);
    return breaks;
  }

  read(literal: boolean, chomping: number): string {
    const s = this.s;
    let breaks = this.#breaks();
    let text = '';
    let broken = false; // a line stands before this one, and its break is not written yet
    let afterBlank = false;
    while (this.pos - this.lineStart === this.#indent && s.charCodeAt(this.pos) !== 0) {
      const first = s.charCodeAt(this.pos);
      const blank = first === 32 || first === 9;
      if (broken) {
        if (literal || afterBlank || blank) text += '\n';
        else if (breaks === 0) text += ' ';
      }
      if (breaks > 0) text += breaks === 1 ? '\n' : '\n'.repeat(breaks);
      afterBlank = blank;
      let end = s.indexOf('\n', this.pos);
      broken = end >= 0;
      if (!broken) end = s.length - 1;
      text += s.slice(this.pos, end);
      this.pos = end;
      if (broken) {
        this.pos++;
        this.lineStart = this.pos;
        breaks = this.#breaks();
      } else breaks = 0;
    }
    if (chomping >= 0 && broken) text += '\n';
    if (chomping > 0) text += '\n'.repeat(breaks);
    return text;
  }
}
