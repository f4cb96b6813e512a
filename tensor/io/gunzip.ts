import { FormatError } from '../errors.ts';

/** An inflated file may not be larger: gzip shrinks zeros a thousandfold, so a small file can ask for all memory. */
const maxInflatedBytes = 2 ** 31;

/** @throws FormatError when `bytes` are not whole and in order, or inflate to more than `limit` bytes */
export async function gunzip(op: string, bytes: Uint8Array, limit: number = maxInflatedBytes): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (const reader = stream.getReader(); ;) {
      const { value, done } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length > limit) {
        void reader.cancel();
        throw new Error(`it inflates to more than ${limit} bytes`);
      }
    }
  } catch (error) {
    throw new FormatError(`the gzip data cannot be inflated: ${(error as Error).message}; is the file whole?`, {
      op,
      length: bytes.length,
    });
  }
  const file = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}
