import type { Tensor } from '../../tensor/tensor.ts';
import { indexError } from '../../tensor/indexError.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';

export interface IndexChecks {
  op: string;
  /** The argument's name, for the error. */
  name: string;
  /** Indices must lie in [0, size). */
  size: number;
  /** An index that is left alone. */
  skip?: number;
}

const blockSize = 16384;

/**
 * Calls `body` with the address of the indices as int32, once all of them were found to be in range, and with how many
 * are not `skip`. The tensor is contiguous.
 *
 * @throws ShapeError that names the first index out of range.
 */
export function withIndices(index: Tensor, checks: IndexChecks, body: (address: number, count: number) => void): void {
  const check = (address: number): void => body(address, checkIndices(index, address, checks));
  if (index.dtype === 'int32') return check(pointer(index));
  temporary(index.size * 4, (address) => {
    launch('widen8', [pointer(index), address], index.size);
    check(address);
  });
}

function checkIndices(index: Tensor, address: number, { op, name, size, skip }: IndexChecks): number {
  // Without an index to skip, 0 may be left out as well: it is in range wherever anything is.
  const left = skip ?? 0;
  const n = index.size;
  if (n > 0 && size === 0 && skip === undefined) throw indexError(op, name, index.dataNow()![0]!, 0, index.shape, size);
  const blocks = Math.ceil(n / blockSize);
  const bounds = temporary(blocks * 12, (out) => {
    launch('indexBounds', [address, n, left, out], blocks, { work: blockSize / 4 });
    return index.storage.runtime.readNow!(out, 'int32', 0, blocks * 3);
  });
  let count = 0;
  for (let i = 0; i < bounds.length; i += 3) {
    const [low, high, found] = bounds.subarray(i, i + 3) as unknown as [number, number, number];
    count += found;
    if (found > 0 && (low < 0 || high >= size)) throw firstError(index, { op, name, size, skip: left });
  }
  return count;
}

function firstError(index: Tensor, { op, name, size, skip }: IndexChecks): Error {
  const values = index.dataNow()!;
  const at = values.findIndex((v) => v !== skip && (v < 0 || v >= size));
  return indexError(op, name, values[at]!, at, index.shape, size);
}
