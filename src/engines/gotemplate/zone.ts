import { zoneAbbreviations } from './zone-names.ts';

/** A time zone: what is added to UTC at a moment, in seconds, and how that is called. */
export interface Zone {
  /** As time.Location's String gives it. */
  readonly name: string;
  readonly at: (utcSeconds: number) => { readonly offset: number; readonly name: string };
  /** The moment at which clocks of the zone show a time of day given in seconds since 1970. */
  readonly toUtc: (localSeconds: number) => number;
}

export const UTC: Zone = { name: 'UTC', at: () => ({ offset: 0, name: 'UTC' }), toUtc: (local) => local };
/** Local time is UTC, as in a cluster, and yet another zone to Go. */
export const LOCAL: Zone = { ...UTC };

/** A zone of one offset, as a text with an offset gives it. */
export function fixedZone(offset: number, name: string): Zone {
  return { name, at: () => ({ offset, name }), toUtc: (local) => local - offset };
}

const zones = new Map<string, Zone | undefined>();

/** time.LoadLocation; a name that is unknown gives `undefined`. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return LOCAL;
  if (!zones.has(name)) zones.set(name, makeZone(name));
  return zones.get(name);
}

function makeZone(name: string): Zone | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch {
    return undefined;
  }
  if (!isSpelled(name, format.resolvedOptions().timeZone)) return undefined;
  const offsetAt = (utc: number): number => {
    const ms = Math.min(Math.max(utc * 1000, -8.64e15), 8.64e15);
    const part = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes) => Number(part.get(type));
    const year = part.get('era') === 'BC' ? 1 - number('year') : number('year');
    const date = new Date(0);
    date.setUTCFullYear(year, number('month') - 1, number('day'));
    date.setUTCHours(number('hour'), number('minute'), number('second'));
    return date.getTime() / 1000 - Math.floor(ms / 1000);
  };
  const names = zoneAbbreviations(name);
  /** The lesser of the year's two offsets is standard time. */
  const isDaylight = (utc: number, offset: number): boolean => {
    const half = 182 * 86400;
    return offset > Math.min(offsetAt(utc - half), offsetAt(utc + half));
  };
  return {
    name,
    at: (utc) => {
      const offset = offsetAt(utc);
      // Local mean time, from before zones were agreed on.
      if (offset % 900 !== 0) return { offset, name: 'LMT' };
      if (names === undefined) return { offset, name: offsetName(offset) };
      return { offset, name: (names.length > 1 && isDaylight(utc, offset) ? names[1] : names[0])! };
    },
    toUtc: (local) => {
      const guess = local - offsetAt(local);
      return local - offsetAt(guess);
    },
  };
}

/** Whether a name has the letters' case of its file, which Go looks for: `Intl` does not mind. */
function isSpelled(name: string, resolved: string): boolean {
  if (resolved.toLowerCase() === name.toLowerCase()) return resolved === name;
  // Another name of the zone: its area, where it has one, is a word with a capital.
  const area = name.slice(0, Math.max(name.indexOf('/'), 0));
  return area === 'US' || area === '' || /^[A-Z][a-z]+$/.test(area);
}

function offsetName(offset: number): string {
  const minutes = Math.abs(Math.trunc(offset / 60));
  const sign = offset < 0 ? '-' : '+';
  const rest = minutes % 60;
  return `${sign}${String(Math.floor(minutes / 60)).padStart(2, '0')}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}
