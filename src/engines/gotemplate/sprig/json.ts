import { GoError } from '../errors.ts';
import type { FunctionFamily } from '../functions.ts';
import { type JsonOptions, JsonProblem, toJson } from '../json.ts';
import { parseJson } from '../json-parse.ts';
import type { GoValue } from '../value.ts';

/** @see sprig defaults.go */

function orError(value: GoValue, options: JsonOptions): string {
  try {
    return toJson(value, options);
  } catch (error) {
    if (error instanceof JsonProblem) throw new GoError(error.message);
    throw error;
  }
}
function orEmpty(value: GoValue, options: JsonOptions): string {
  try {
    return toJson(value, options);
  } catch (error) {
    if (error instanceof JsonProblem) return '';
    throw error;
  }
}
/** The functions that write JSON. @param base what all of them do */
export function jsonWriters(base: JsonOptions): FunctionFamily {
  const pretty = { ...base, indent: '  ' };
  const raw = { ...base, escapeHtml: false };
  return {
    toJson: ['any', (value: GoValue) => orEmpty(value, base)],
    toPrettyJson: ['any', (value: GoValue) => orEmpty(value, pretty)],
    toRawJson: ['any', (value: GoValue) => orError(value, raw)],
    mustToJson: ['any', (value: GoValue) => orError(value, base)],
    mustToPrettyJson: ['any', (value: GoValue) => orError(value, pretty)],
    mustToRawJson: ['any', (value: GoValue) => orError(value, raw)],
  };
}

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
  ...jsonWriters({}),
};
