export const STREAM_START = 1;
export const STREAM_END = 2;
export const VERSION_DIRECTIVE = 3;
export const TAG_DIRECTIVE = 4;
export const DOCUMENT_START = 5;
export const DOCUMENT_END = 6;
export const BLOCK_SEQUENCE_START = 7;
export const BLOCK_MAPPING_START = 8;
export const BLOCK_END = 9;
export const FLOW_SEQUENCE_START = 10;
export const FLOW_SEQUENCE_END = 11;
export const FLOW_MAPPING_START = 12;
export const FLOW_MAPPING_END = 13;
export const BLOCK_ENTRY = 14;
export const FLOW_ENTRY = 15;
export const KEY = 16;
export const VALUE = 17;
export const ALIAS = 18;
export const ANCHOR = 19;
export const TAG = 20;
export const SCALAR = 21;

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** A token of the scanner. `line` and `column` are 0-based and mark its start. */
export class Token {
  readonly type: number;
  readonly line: number;
  readonly column: number;
  /** Where it starts and ends in the text. */
  readonly start: number;
  end: number;
  endLine: number;
  endColumn: number;
  /** A scalar's text, an anchor's or alias' name, a tag's or directive's handle. */
  readonly value: string;
  /** A tag's suffix, a directive's prefix. */
  readonly suffix: string;
  readonly style: ScalarStyle;

  constructor(
    type: number,
    start: number,
    line: number,
    column: number,
    end: number,
    endLine: number,
    endColumn: number,
    value: string,
    suffix: string,
    style: ScalarStyle,
  ) {
    this.type = type;
    this.start = start;
    this.line = line;
    this.column = column;
    this.end = end;
    this.endLine = endLine;
    this.endColumn = endColumn;
    this.value = value;
    this.suffix = suffix;
    this.style = style;
  }
}
