import { fail, ok, type Result } from '../../core/result.ts';
import { cloneValue, type YamlMap } from '../../core/value.ts';
import type { HelmVersion } from './chart.ts';
import { trimGo } from './go-text.ts';
import { parseJson } from './json-text.ts';
import { mergeMaps } from './merge-maps.ts';
import { parseSet, parseSetFile, parseSetJson, parseSetLiteral, parseSetString } from './strvals.ts';
import { readValuesText, YamlProblem } from './values-text.ts';

/** What `-f` and the `--set` family were given, each in its order. */
export interface ValuesOptions {
  readonly valueFiles?: readonly string[];
  readonly json?: readonly string[];
  readonly values?: readonly string[];
  readonly strings?: readonly string[];
  readonly files?: readonly string[];
  readonly literals?: readonly string[];
}

/**
 * The values that a user gives on the command line: files, then `--set-json`, `--set`, `--set-string`, `--set-file` and
 * `--set-literal`, later over earlier.
 * @param readFile the text at a path, or why there is none
 * @returns the values, or Helm's message
 * @see Helm pkg/cli/values/options.go, MergeValues
 */
export function composeValues(
  options: ValuesOptions,
  readFile: (path: string) => Result<string, string>,
  helmVersion: HelmVersion,
): Result<YamlMap, string> {
  let values: YamlMap = new Map();
  for (const path of options.valueFiles ?? []) {
    const text = readFile(path);
    if (!text.ok) return text;
    try {
      values = mergeMaps(values, readValuesText(text.value, helmVersion));
    } catch (error) {
      if (!(error instanceof YamlProblem)) throw error;
      return fail(`failed to parse ${path}: ${error.message}`);
    }
  }
  const settings = { helmVersion };
  // What follows changes values in place; what a file was read to may be in use elsewhere.
  if ((options.valueFiles?.length ?? 0) > 0) values = cloneValue(values);
  for (const text of options.json ?? []) {
    if (helmVersion === '4' && trimGo(text).startsWith('{')) {
      const map = parseJson(trimGo(text));
      if (!(map instanceof Map)) return fail(`failed parsing --set-json data JSON: ${text}`);
      values = mergeMaps(values, map);
    } else if (!parseSetJson(text, values, settings).ok) return fail(`failed parsing --set-json data ${text}`);
  }
  for (const text of options.values ?? []) {
    const set = parseSet(text, values, settings);
    if (!set.ok) return fail(`failed parsing --set data: ${set.error}`);
  }
  for (const text of options.strings ?? []) {
    const set = parseSetString(text, values, settings);
    if (!set.ok) return fail(`failed parsing --set-string data: ${set.error}`);
  }
  for (const text of options.files ?? []) {
    const set = parseSetFile(text, values, readFile, settings);
    if (!set.ok) return fail(`failed parsing --set-file data: ${set.error}`);
  }
  for (const text of options.literals ?? []) {
    const set = parseSetLiteral(text, values, settings);
    if (!set.ok) return fail(`failed parsing --set-literal data: ${set.error}`);
  }
  return ok(values);
}
