const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(month: number, year: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return DAYS[month - 1]!;
}

// The four layouts of go-yaml as Go's time.Parse takes them: one or two digits, any number of decimals after a period or a comma.
const DATE = /^(\d{4})-(\d\d?)-(\d\d?)/;
const ZONED = /^[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const SPACED = /^ +(\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?$/;

/**
 * Reads a YAML 1.1 timestamp as go-yaml does.
 * @returns Go's RFC 3339 text of it (how `time.Time` is marshalled to JSON), or `undefined` where `text` is none
 * @see go.yaml.in/yaml resolve.go, parseTimestamp
 */
export function parseTimestamp(text: string): string | undefined {
  const date = DATE.exec(text);
  if (date === null) return undefined;
  const year = Number(date[1]);
  const month = Number(date[2]);
  const day = Number(date[3]);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return undefined;
  const rest = text.slice(date[0].length);
  const ymd = `${date[1]}-${pad(month)}-${pad(day)}`;
  if (rest === '') return `${ymd}T00:00:00Z`;
  const time = ZONED.exec(rest) ?? SPACED.exec(rest);
  if (time === null) return undefined;
  const [, hour = '', minute = '', second = '', decimals = '', sign, zoneHour = '', zoneMinute = ''] = time;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (sign !== undefined && (Number(zoneHour) > 24 || Number(zoneMinute) > 60)) return undefined;
  const nanoseconds = decimals.slice(0, 9).replace(/0+$/, '');
  const fraction = nanoseconds === '' ? '' : `.${nanoseconds}`;
  return `${ymd}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}${zone(sign, zoneHour, zoneMinute)}`;
}

function pad(value: number | string): string {
  return String(value).padStart(2, '0');
}

function zone(sign: string | undefined, hour: string, minute: string): string {
  if (sign === undefined) return 'Z';
  const offset = Number(hour) * 60 + Number(minute);
  return offset === 0 ? 'Z' : `${sign}${pad(Math.trunc(offset / 60))}:${pad(offset % 60)}`;
}
