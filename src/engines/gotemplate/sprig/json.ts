import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { type JsonOptions, JsonProblem, toJson } from '../json.ts';
import { parseJson } from '../json-parse.ts';
import type { GoValue } from '../value.ts';

/** @see sprig defaults.go */

function orError(value: GoValue, options: JsonOptions = {}): string {
  try {
    return toJson(value, options);
  } catch (error) {
    if (error instanceof JsonProblem) throw new GoError(error.message);
    throw error;
  }
}
export function orEmpty(value: GoValue, options: JsonOptions = {}): string {
  try {
    return toJson(value, options);
  } catch (error) {
    if (error instanceof JsonProblem) return '';
    throw error;
  }
}
const PRETTY: JsonOptions = { indent: '  ' };
const RAW: JsonOptions = { escapeHtml: false };

export const JSON_FUNCTIONS: FunctionFamily = {
  fromJson: ['string', (text: string) => parseJson(text).value],
  mustFromJson: [
    'string',
    (text: string) => {
      const { value, error } = parseJson(text);
      if (error !== undefined) throw new GoError(error);
      return value;
    },
  ],
  toJson: ['any', (value: GoValue) => orEmpty(value)],
  toPrettyJson: ['any', (value: GoValue) => orEmpty(value, PRETTY)],
  toRawJson: ['any', (value: GoValue) => orError(value, RAW)],
  mustToJson: ['any', (value: GoValue) => orError(value)],
  mustToPrettyJson: ['any', (value: GoValue) => orError(value, PRETTY)],
  mustToRawJson: ['any', (value: GoValue) => orError(value, RAW)],
};
