import { FormatError } from '../errors.ts';

/** An inflated file may not be larger: zeros shrink a thousandfold, so a small file can ask for all memory. */
export const maxInflatedBytes = 2 ** 31;

/** Bytes that were deflated, with gzip's frame around them or none. */
export type Deflated = 'gzip' | 'deflate-raw';

/** @throws FormatError when `bytes` are not whole and in order, or inflate to more than `limit` bytes */
export async function inflate(
  op: string,
  format: Deflated,
  bytes: Uint8Array,
  limit: number = maxInflatedBytes,
): Promise<Uint8Array> {
  try {
    return await through(new DecompressionStream(format), bytes, limit);
  } catch (error) {
    const what = format === 'gzip' ? 'gzip data' : 'deflated data';
    throw new FormatError(`the ${what} cannot be inflated: ${(error as Error).message}; is the file whole?`, {
      op,
      length: bytes.length,
    });
  }
}

/** The bytes deflated, without a frame. */
export function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return through(new CompressionStream('deflate-raw'), bytes, Infinity);
}

/** All that comes out of a stream. @throws Error when it is more than `limit` bytes */
async function through(
  stream: DecompressionStream | CompressionStream,
  bytes: Uint8Array,
  limit: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const piped = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(stream);
  for (const reader = piped.getReader(); ;) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length > limit) {
      void reader.cancel();
      throw new Error(`it inflates to more than ${limit} bytes`);
    }
  }
  const file = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}
