import { FormatError } from '../errors.ts';
import type { FileDtype, HostTensor } from './elements.ts';
import { checkBytes, checkFileShape, decodeElements, elements, swapBytes } from './elements.ts';
import { inflate } from './inflate.ts';

/** The third byte of an IDX file. */
const types: Readonly<Record<number, FileDtype>> = {
  0x08: 'U8',
  0x09: 'I8',
  0x0b: 'I16',
  0x0c: 'I32',
  0x0d: 'F32',
  0x0e: 'F64',
};

/**
 * The array of an IDX file, the format of MNIST, gzipped or not: two zero bytes, the type, the rank, the sizes as
 * big-endian 32-bit words, the data row-major and big-endian.
 *
 * @throws FormatError when the file is not an IDX file, or is longer or shorter than its sizes say
 * @source http://yann.lecun.com/exdb/mnist/, "The IDX file format"
 * @example
 * const labels = await decodeIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1));
 * labels.data; // Uint8Array [7, 2, 1]
 */
export async function decodeIdx(bytes: Uint8Array): Promise<HostTensor> {
  const op = 'decodeIdx';
  checkBytes(op, bytes);
  const file = bytes[0] === 0x1f && bytes[1] === 0x8b ? await inflate(op, 'gzip', bytes) : bytes;
  const fileDtype = types[file[2] ?? -1];
  if (file.length < 4 || file[0] !== 0 || file[1] !== 0 || fileDtype === undefined) {
    const begins = Array.from(file.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `the file begins with ${begins || 'nothing'}; an IDX file begins with 00 00, a type of 08..0e and the rank`,
      { op, begins },
    );
  }
  const rank = file[3]!;
  const begin = 4 + 4 * rank;
  if (file.length < begin) {
    throw new FormatError(`the file has ${file.length} bytes; the header of rank ${rank} alone needs ${begin}`, {
      op,
      rank,
      length: file.length,
    });
  }
  const header = new DataView(file.buffer, file.byteOffset, begin);
  const shape = checkFileShape(
    op,
    'the array',
    Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis)),
  );
  const width = elements[fileDtype].bytes;
  const data = file.subarray(begin);
  return decodeElements(op, 'the array', fileDtype, shape, width === 1 ? data : swapBytes(data, width));
}
