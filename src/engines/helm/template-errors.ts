import type { TemplateFailure } from '../gotemplate/template-set.ts';
import type { HelmVersion } from './chart.ts';
import { trimGo } from './go-text.ts';

/** What Helm makes of a template text that cannot be parsed. @see Helm pkg/engine/engine.go, cleanupParseError */
export function parseErrorMessage(file: string, error: TemplateFailure): string {
  const parts = error.message.split(': ');
  if (parts.length === 1) return `parse error in (${file}): ${error.message}`;
  return `parse error at (${parts[1]}): ${parts.at(-1)}`;
}

/**
 * What Helm makes of a template that fails: `fail` and `required` show only their own message and the outermost place; other
 * errors are one line in Helm 3 and laid out over several in Helm 4.
 * @see Helm pkg/engine/engine.go, cleanupExecError and reformatExecErrorMsg
 */
export function execErrorMessage(file: string, error: TemplateFailure, helmVersion: HelmVersion): string {
  if (error.reason === 'limit-exceeded') return `rendering ${file}: ${error.message}`;
  if (error.isPanic)
    return error.message.startsWith('template: ') ? error.message : `rendering template failed: ${error.message}`;
  const parts = splitInThree(error.message);
  if (parts === undefined) return `execution error in (${file}): ${error.message}`;
  const warning = /HELM_ERR_START(.*)HELM_ERR_END/s.exec(parts[2]);
  if (warning !== null) return `execution error at (${parts[1]}): ${warning[1]}`;
  return (helmVersion === '3' ? undefined : layOut(error.chain)) ?? error.message;
}

function splitInThree(message: string): [string, string, string] | undefined {
  const first = message.indexOf(': ');
  const second = first < 0 ? -1 : message.indexOf(': ', first + 2);
  if (second < 0) return undefined;
  return [message.slice(0, first), message.slice(first + 2, second), message.slice(second + 2)];
}

interface Traced {
  readonly location: string;
  readonly executed: string;
  readonly message: string;
}

/** `undefined` where one of the errors is none of text/template's own: Helm then shows the text as it is. */
function layOut(chain: readonly string[]): string | undefined {
  const places: Traced[] = [];
  for (const message of chain) {
    const place = trace(message);
    const last = places.at(-1);
    if (place === undefined) return undefined;
    if (last?.location === place.location && last.executed === place.executed && last.message === place.message)
      continue;
    places.push(place);
  }
  let text = '';
  for (const { location, executed, message } of places) {
    if (location !== '') text += `${location}\n  `;
    if (executed !== '') text += `${executed}\n    `;
    if (message !== '') text += `${message}\n`;
  }
  return trimGo(text);
}

/** @see Helm pkg/engine/engine.go, parseTemplateExecErrorString */
function trace(message: string): Traced | undefined {
  if (!message.startsWith('template: ')) return undefined;
  const rest = message.slice('template: '.length);
  if (rest.startsWith('no template ')) return { location: '', executed: '', message };
  const executing = rest.indexOf(': executing ');
  if (executing >= 0) {
    const place = traceExecuting(rest.slice(0, executing), rest.slice(executing + ': executing '.length));
    if (place !== undefined) return place;
  }
  const colon = rest.lastIndexOf(': ');
  if (colon < 0) return undefined;
  return { location: rest.slice(0, colon), executed: '', message: upToNext(rest.slice(colon + 2)) };
}

function traceExecuting(location: string, after: string): Traced | undefined {
  const quote = after.startsWith('"') ? after.indexOf('"', 1) : -1;
  if (quote < 0) return undefined;
  const at = ' at <';
  const rest = after.slice(quote + 1);
  const end = rest.startsWith(at) ? rest.indexOf('>: ', at.length) : -1;
  if (end < 0) return undefined;
  return {
    location,
    executed: `executing ${after.slice(0, quote + 1)} at <${rest.slice(at.length, end)}>:`,
    message: upToNext(rest.slice(end + 3)),
  };
}

/** What wraps another error repeats it: that part goes. */
function upToNext(message: string): string {
  const cut = message.indexOf(' template:');
  return cut < 0 ? message : message.slice(0, cut);
}
