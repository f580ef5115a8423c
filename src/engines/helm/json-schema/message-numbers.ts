/** Numbers as golang.org/x/text/message prints them in English. */

/** `%d`. */
export function count(value: number): string {
  return grouped(String(value));
}

/** `%v` of a float64: thousands grouped, from a million on as `1.5×10⁰⁶`. */
export function decimal(value: number): string {
  if (value === 0) return '0';
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 6) {
    const raised = String(Math.abs(power)).padStart(2, '0');
    return `${digits}×10${power < 0 ? '⁻' : ''}${[...raised].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')}`;
  }
  return grouped(String(value));
}

function grouped(text: string): string {
  const [whole, fraction] = text.split('.') as [string, string | undefined];
  const separated = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}
