/** Texts of long bytes, which nothing changes: a context that is printed once is often printed for every template. */
const joined = new WeakMap<Uint8Array, string>();
const LONG = 4096;

/** Bytes in decimal with a space between each. */
export function joinedBytes(bytes: Uint8Array): string {
  if (bytes.length < LONG) return joinBytes(bytes);
  let text = joined.get(bytes);
  if (text === undefined) {
    text = joinBytes(bytes);
    joined.set(bytes, text);
  }
  return text;
}
function joinBytes(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe(bytes.length * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (i > 0) text[at++] = 0x20;
    if (byte > 99) text[at++] = 0x30 + ((byte / 100) | 0);
    if (byte > 9) text[at++] = 0x30 + (((byte / 10) | 0) % 10);
    text[at++] = 0x30 + (byte % 10);
  }
  return text.toString('latin1', 0, at);
}
