import type { FunctionFamily } from '../functions.ts';
import type { GoValue } from '../value.ts';
import { urlJoin, urlParse } from './url.ts';

export const URLS: FunctionFamily = {
  urlParse: ['string', (text: string) => urlParse(text)],
  urlJoin: ['map', (parts: Map<string, GoValue>) => urlJoin(parts)],
};
