import type { HostTensor } from './elements.ts';
import { ArgumentError, FormatError, ShapeError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { checkBytes, describe } from './elements.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import { unzip, zip } from './zip.ts';

const suffix = '.npy';
/** Sizes in a zip file have 32 bits; some room is left for headers and names. */
const mostBytes = 2 ** 32 - 2 ** 24;

/**
 * The arrays of a .npz file by name, in its order: what `numpy.savez` and `numpy.savez_compressed` write, a zip archive of .npy
 * files. Arrays that are not compressed share the memory of `bytes` where they can.
 *
 * @throws FormatError when the archive or an array in it is not whole, and for an entry that is no array
 * @example
 * const bytes = await encodeNpz({ x: { dtype: 'int32', shape: [3], data: Int32Array.of(1, 2, 3) } });
 * (await decodeNpz(bytes)).get('x').data; // [1, 2, 3]
 */
export async function decodeNpz(bytes: Uint8Array): Promise<Map<string, HostTensor>> {
  const op = 'decodeNpz';
  checkBytes(op, bytes);
  const tensors = new Map<string, HostTensor>();
  for (const [name, content] of await unzip(op, bytes)) {
    if (!name.endsWith(suffix)) {
      throw new FormatError(`entry ${describe(name)} is no array; the entries of a .npz file end in ${suffix}`, {
        op,
        name,
      });
    }
    try {
      tensors.set(name.slice(0, -suffix.length), decodeNpy(content));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(`entry ${describe(name)}: ${error.message.replace(/^decodeNpy: /, '')}`, { op, name });
    }
  }
  return tensors;
}

/**
 * A .npz file of arrays by name, which `numpy.load` reads. The same arrays give the same bytes.
 *
 * @throws ShapeError or DtypeError when an array contradicts itself or all are too large, ArgumentError for a name that is none
 * @example
 * const mean: HostTensor = { dtype: 'float32', shape: [2], data: Float32Array.of(0.5, 1) };
 * await writeFileAtomic('/tmp/statistics.npz', await encodeNpz({ mean }, { compressed: true }));
 */
export async function encodeNpz(
  tensors: Readonly<Record<string, HostTensor>>,
  options: { compressed?: boolean } = {},
): Promise<Uint8Array> {
  const op = 'encodeNpz';
  const { compressed = false } = checkOptions(op, options, ['compressed']);
  const entries = new Map<string, Uint8Array>();
  let total = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === '') throw new ArgumentError('an array has no name; give each one', { op });
    const content = encodeNpy(tensor);
    entries.set(name + suffix, content);
    total += content.length;
  }
  if (total > mostBytes) {
    throw new ShapeError(`the arrays have ${total} bytes; a .npz file has room for ${mostBytes}, write several`, {
      op,
      total,
    });
  }
  return zip(entries, compressed);
}
