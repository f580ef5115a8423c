import write from 'cacache/lib/content/write.js';

/**
 * Writes bytes as cacache does: to a temporary file, then moved to the place that their digest names. Only the content part
 * of cacache, as bytes are never looked up but by digest; a module of its own, loaded by the first write.
 */
export async function put(directory: string, bytes: Uint8Array): Promise<void> {
  await write(directory, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { algorithms: ['sha256'] });
}
