import { chunkStart, findForbidden, isBlankOrEnd, refusal, startsPlain } from './characters.ts';
import { YamlProblem } from './error.ts';
import { scanAnchor, scanDirective, scanTag } from './scan-properties.ts';
import { scanBlockScalar, scanPlainScalar, scanQuotedScalar } from './scan-scalars.ts';
import { scanLineComment, toNextToken } from './scan-space.ts';
import * as T from './token.ts';

/** Which library reads: goyaml.v2 behind `sigs.k8s.io/yaml` (Helm, Kubernetes), or goyaml.v3 (kustomize). */
export type Dialect = 'v2' | 'v3';

const MAX_DEPTH = 10000;

interface SimpleKey {
  possible: boolean;
  required: boolean;
  tokenNumber: number;
  index: number;
  line: number;
  column: number;
}

/**
 * Splits a text into tokens: a port of libyaml's scanner as it stands in go-yaml, with its error texts.
 * @see go.yaml.in/yaml/v2 and v3, scannerc.go
 */
export class Scanner {
  /** The text, followed by NULs so that looking ahead needs no bounds. */
  readonly s: string;
  readonly length: number;
  readonly dialect: Dialect;
  pos = 0;
  line = 0;
  lineStart = 0;
  flowLevel = 0;
  indent = -1;
  simpleKeyAllowed = true;
  tokenAvailable = false;

  #started = false;
  #indents: number[] = [];
  #simpleKeys: SimpleKey[] = [];
  #keyByToken = new Map<number, number>();
  #queue: T.Token[] = [];
  #head = 0;
  #parsed = 0;
  /** What the reader says of a character that it refuses, which stands where `length` is. */
  readonly #refused: string | undefined;

  constructor(text: string, dialect: Dialect) {
    if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    let bad = findForbidden(text);
    if (bad >= 0 && /[\ud800-\udc7f\udd00-\udfff]/u.test(text)) {
      text = text.replace(/[\ud800-\udc7f\udd00-\udfff]/gu, '\ufffd'); // what such a half becomes in UTF-8
      bad = findForbidden(text);
    }
    this.#refused = bad >= 0 ? refusal(text, bad) : undefined;
    if (bad >= 0) text = text.slice(0, chunkStart(text, bad));
    if (text === '' && bad < 0) text = '\n';
    this.s = `${text}\0\0\0\0\0\0\0\0\0`;
    this.length = text.length;
    this.dialect = dialect;
  }

  get column(): number {
    return this.pos - this.lineStart;
  }

  /** The next token, which stays in the queue. */
  peek(): T.Token {
    if (!this.tokenAvailable) this.#fetchMore();
    return this.#queue[this.#head]!;
  }

  /** Takes the token that `peek` gave. */
  skip(): void {
    this.tokenAvailable = false;
    this.#parsed++;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    }
  }

  /** A scanner's error: v2 names the place where it stopped, v3 the place where the construct began. */
  fail(problem: string, contextLine = this.line): never {
    this.#checkRefused();
    const at = this.dialect === 'v3' && contextLine !== 0 ? contextLine : this.line;
    const where = at === 0 ? '' : `line ${at + 1}: `;
    throw new YamlProblem(`yaml: ${where}${problem}`, this.line + 1);
  }

  #checkRefused(): void {
    if (this.#refused !== undefined && this.pos + 4 > this.length)
      throw new YamlProblem(`yaml: ${this.#refused}`, this.line + 1);
  }

  /** Goes over a line break; CR LF is one. */
  skipLine(): void {
    if (this.s.charCodeAt(this.pos) === 13 && this.s.charCodeAt(this.pos + 1) === 10) this.pos += 2;
    else this.pos++;
    this.line++;
    this.lineStart = this.pos;
  }

  /** Goes over a line break and gives what it reads as. */
  readLine(): string {
    const c = this.s.charCodeAt(this.pos);
    this.skipLine();
    return c === 0x2028 ? '\u2028' : c === 0x2029 ? '\u2029' : '\n';
  }

  token(
    type: number,
    start: number,
    line: number,
    column: number,
    value = '',
    suffix = '',
    style: T.ScalarStyle = 'plain',
  ) {
    return new T.Token(type, start, line, column, this.pos, this.line, this.pos - this.lineStart, value, suffix, style);
  }

  #insert(at: number, token: T.Token): void {
    if (at < 0) this.#queue.push(token);
    else this.#queue.splice(this.#head + at, 0, token);
  }

  #fetchMore(): void {
    // v3 looks two tokens ahead for its comments, and so meets errors sooner.
    const ahead = this.dialect === 'v3' ? 2 : 0;
    for (;;) {
      if (this.#head < this.#queue.length - ahead) {
        const index = this.#keyByToken.get(this.#parsed);
        if (index === undefined) break;
        if (!this.#keyIsValid(this.#simpleKeys[index]!)) break;
      }
      this.#fetchNext();
    }
    this.tokenAvailable = true;
  }

  #fetchNext(): void {
    if (!this.#started) {
      this.#started = true;
      this.#simpleKeys.push({ possible: false, required: false, tokenNumber: 0, index: 0, line: 0, column: 0 });
      this.#queue.push(this.token(T.STREAM_START, 0, 0, 0));
      return;
    }
    const scanPos = this.pos;
    const scanLine = this.line;
    const scanColumn = this.column;
    toNextToken(this);
    this.#unroll(this.column, scanPos, scanLine, scanColumn);
    this.#checkRefused();
    if (!this.#dispatch()) return;
    if (this.dialect === 'v3') scanLineComment(this);
    this.#checkRefused();
  }

  /** @returns false where v3 looks for no line comment after the token */
  #dispatch(): boolean {
    const s = this.s;
    const pos = this.pos;
    const c = s.charCodeAt(pos);
    if (c === 0) {
      this.#fetchStreamEnd();
      return false;
    }
    if (pos === this.lineStart) {
      if (c === 37) {
        this.#unroll(-1, pos, this.line, 0);
        this.#removeKey();
        this.simpleKeyAllowed = false;
        this.#queue.push(scanDirective(this));
        return false;
      }
      if (c === 45 && this.isDocumentIndicator()) {
        this.#fetchDocumentIndicator(T.DOCUMENT_START);
        return false;
      }
      if (c === 46 && this.isDocumentIndicator()) {
        this.#fetchDocumentIndicator(T.DOCUMENT_END);
        return false;
      }
    }
    switch (c) {
      case 91:
        this.#fetchFlowStart(T.FLOW_SEQUENCE_START);
        return true;
      case 123:
        this.#fetchFlowStart(T.FLOW_MAPPING_START);
        return true;
      case 93:
        this.#fetchFlowEnd(T.FLOW_SEQUENCE_END);
        return true;
      case 125:
        this.#fetchFlowEnd(T.FLOW_MAPPING_END);
        return true;
      case 44:
        this.#removeKey();
        this.simpleKeyAllowed = true;
        this.#single(T.FLOW_ENTRY);
        return true;
      case 45:
        if (isBlankOrEnd(s.charCodeAt(pos + 1))) {
          this.#fetchBlockEntry();
          return false;
        }
        break;
      case 63:
        if (this.flowLevel > 0 || isBlankOrEnd(s.charCodeAt(pos + 1))) {
          this.#fetchKey();
          return true;
        }
        break;
      case 58:
        if (this.flowLevel > 0 || isBlankOrEnd(s.charCodeAt(pos + 1))) {
          this.#fetchValue();
          return true;
        }
        break;
      case 42:
      case 38:
        this.#saveKey();
        this.simpleKeyAllowed = false;
        this.#queue.push(scanAnchor(this, c === 42 ? T.ALIAS : T.ANCHOR));
        return true;
      case 33:
        this.#saveKey();
        this.simpleKeyAllowed = false;
        this.#queue.push(scanTag(this));
        return true;
      case 124:
      case 62:
        if (this.flowLevel === 0) {
          this.#removeKey();
          this.simpleKeyAllowed = true;
          this.#queue.push(scanBlockScalar(this, c === 124));
          return true;
        }
        break;
      case 39:
      case 34:
        this.#saveKey();
        this.simpleKeyAllowed = false;
        this.#queue.push(scanQuotedScalar(this, c === 39));
        return true;
      default:
        break;
    }
    if (!startsPlain(c, s.charCodeAt(pos + 1), this.flowLevel > 0))
      this.fail('found character that cannot start any token');
    this.#saveKey();
    this.simpleKeyAllowed = false;
    this.#queue.push(scanPlainScalar(this));
    return true;
  }

  /** `---` or `...` stands at the start of this line, with a blank or the end after it. */
  isDocumentIndicator(): boolean {
    const { s, pos } = this;
    const c = s.charCodeAt(pos);
    return (
      (c === 45 || c === 46) &&
      s.charCodeAt(pos + 1) === c &&
      s.charCodeAt(pos + 2) === c &&
      isBlankOrEnd(s.charCodeAt(pos + 3))
    );
  }

  #keyIsValid(key: SimpleKey): boolean {
    if (!key.possible) return false;
    if (key.line < this.line || this.#isFar(key.index)) {
      if (key.required) this.fail("could not find expected ':'", key.line);
      key.possible = false;
      return false;
    }
    return true;
  }

  /** More than 1024 characters (not UTF-16 units) back. */
  #isFar(index: number): boolean {
    if (index + 1024 >= this.pos) return false;
    let pairs = 0;
    for (let i = index; i < this.pos; i++) if ((this.s.charCodeAt(i) & 0xfc00) === 0xdc00) pairs++;
    return index + 1024 < this.pos - pairs;
  }

  #saveKey(): void {
    if (!this.simpleKeyAllowed) return;
    const required = this.flowLevel === 0 && this.indent === this.column;
    this.#removeKey();
    const last = this.#simpleKeys.length - 1;
    const key = this.#simpleKeys[last]!;
    key.possible = true;
    key.required = required;
    key.tokenNumber = this.#parsed + (this.#queue.length - this.#head);
    key.index = this.pos;
    key.line = this.line;
    key.column = this.column;
    this.#keyByToken.set(key.tokenNumber, last);
  }

  #removeKey(): void {
    const key = this.#simpleKeys[this.#simpleKeys.length - 1]!;
    if (!key.possible) return;
    if (key.required) this.fail("could not find expected ':'", key.line);
    key.possible = false;
    this.#keyByToken.delete(key.tokenNumber);
  }

  #roll(column: number, number: number, type: number, start: number, line: number): void {
    if (this.flowLevel > 0 || this.indent >= column) return;
    this.#indents.push(this.indent);
    this.indent = column;
    if (this.#indents.length > MAX_DEPTH)
      this.fail(`exceeded max depth of ${MAX_DEPTH}`, this.#simpleKeys[this.#simpleKeys.length - 1]!.line);
    const token = new T.Token(type, start, line, column, start, line, column, '', '', 'plain');
    this.#insert(number > -1 ? number - this.#parsed : -1, token);
  }

  #unroll(column: number, scanPos: number, scanLine: number, scanColumn: number): void {
    if (this.flowLevel > 0) return;
    while (this.indent > column) {
      this.#queue.push(
        this.dialect === 'v3'
          ? new T.Token(T.BLOCK_END, scanPos, scanLine, scanColumn, scanPos, scanLine, scanColumn, '', '', 'plain')
          : this.token(T.BLOCK_END, this.pos, this.line, this.column),
      );
      this.indent = this.#indents.pop()!;
    }
  }

  #fetchStreamEnd(): void {
    if (this.pos !== this.lineStart) {
      this.lineStart = this.pos;
      this.line++;
    }
    this.#unroll(-1, this.pos, this.line, 0);
    this.#removeKey();
    this.simpleKeyAllowed = false;
    this.#queue.push(this.token(T.STREAM_END, this.pos, this.line, this.column));
  }

  #fetchDocumentIndicator(type: number): void {
    this.#unroll(-1, this.pos, this.line, 0);
    this.#removeKey();
    this.simpleKeyAllowed = false;
    const start = this.pos;
    this.pos += 3;
    this.#queue.push(this.token(type, start, this.line, 0));
  }

  #single(type: number): void {
    const start = this.pos++;
    this.#queue.push(this.token(type, start, this.line, start - this.lineStart));
  }

  #fetchFlowStart(type: number): void {
    this.#saveKey();
    this.#simpleKeys.push({
      possible: false,
      required: false,
      tokenNumber: this.#parsed + (this.#queue.length - this.#head),
      index: this.pos,
      line: this.line,
      column: this.column,
    });
    this.flowLevel++;
    if (this.flowLevel > MAX_DEPTH) this.fail(`exceeded max depth of ${MAX_DEPTH}`);
    this.simpleKeyAllowed = true;
    this.#single(type);
  }

  #fetchFlowEnd(type: number): void {
    this.#removeKey();
    if (this.flowLevel > 0) {
      this.flowLevel--;
      this.#keyByToken.delete(this.#simpleKeys.pop()!.tokenNumber);
    }
    this.simpleKeyAllowed = false;
    this.#single(type);
  }

  #fetchBlockEntry(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) this.fail('block sequence entries are not allowed in this context');
      this.#roll(this.column, -1, T.BLOCK_SEQUENCE_START, this.pos, this.line);
    }
    this.#removeKey();
    this.simpleKeyAllowed = true;
    this.#single(T.BLOCK_ENTRY);
  }

  #fetchKey(): void {
    if (this.flowLevel === 0) {
      if (!this.simpleKeyAllowed) this.fail('mapping keys are not allowed in this context');
      this.#roll(this.column, -1, T.BLOCK_MAPPING_START, this.pos, this.line);
    }
    this.#removeKey();
    this.simpleKeyAllowed = this.flowLevel === 0;
    this.#single(T.KEY);
  }

  #fetchValue(): void {
    const key = this.#simpleKeys[this.#simpleKeys.length - 1]!;
    if (this.#keyIsValid(key)) {
      const { index, line, column } = key;
      this.#insert(
        key.tokenNumber - this.#parsed,
        new T.Token(T.KEY, index, line, column, index, line, column, '', '', 'plain'),
      );
      this.#roll(column, key.tokenNumber, T.BLOCK_MAPPING_START, index, line);
      key.possible = false;
      this.#keyByToken.delete(key.tokenNumber);
      this.simpleKeyAllowed = false;
    } else {
      if (this.flowLevel === 0) {
        if (!this.simpleKeyAllowed) this.fail('mapping values are not allowed in this context');
        this.#roll(this.column, -1, T.BLOCK_MAPPING_START, this.pos, this.line);
      }
      this.simpleKeyAllowed = this.flowLevel === 0;
    }
    this.#single(T.VALUE);
  }
}
