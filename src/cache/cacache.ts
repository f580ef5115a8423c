import cacache from 'cacache';
import { sha256 } from '../core/digest.ts';

/** Writes bytes through cacache. A module of its own, loaded by the first write: reading needs none of it. */
export async function put(directory: string, bytes: Uint8Array): Promise<void> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  await cacache.put(directory, sha256(bytes), data, { algorithms: ['sha256'] });
}
