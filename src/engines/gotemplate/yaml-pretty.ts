import { yamlText } from './helm-objects.ts';
import type { GoValue } from './value.ts';
export const yamlPretty = (value: GoValue): string => yamlText(value);
