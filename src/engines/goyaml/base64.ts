import { YamlProblem } from './error.ts';

const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text of a `!!binary` scalar, as Go's base64.StdEncoding reads it. Bytes that are no UTF-8 become U+FFFD, as in Go's JSON. */
export function decodeBase64(text: string): string {
  const packed = text.replace(/[\r\n]/g, '');
  if (!FORM.test(packed)) throw new YamlProblem('yaml: !!binary value contains invalid base64 data');
  return goUtf8(Buffer.from(packed, 'base64'));
}

/** Reads UTF-8 as Go does: each byte that is part of no character is one U+FFFD. */
export function goUtf8(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  let i = 0;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  while (i < bytes.length) {
    const width = characterWidth(bytes, i);
    if (width > 0) i += width;
    else {
      text += `${decoder.decode(bytes.subarray(from, i))}\ufffd`;
      i++;
      from = i;
    }
  }
  return text + decoder.decode(bytes.subarray(from));
}

/** The number of bytes of the character at `i`, or 0 where the bytes there are no UTF-8. */
function characterWidth(bytes: Uint8Array, i: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return 1;
  const width = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (width === 0 || i + width > bytes.length) return 0;
  for (let k = 1; k < width; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return 0;
  const second = bytes[i + 1]!;
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  return width;
}
