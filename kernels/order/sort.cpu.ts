import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { SortAttrs, TopkAttrs } from './sort.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

/** As in sort.as.ts. */
const short = 48;
const heapPart = 8;
const countBytes = 4096;

function launchSort(x: Tensor, axis: number, descending: boolean, outputs: readonly Tensor[]): void {
  const at = normalizeAxis('sort', axis, x.shape);
  const n = x.shape[at]!;
  const inner = sizeOf(x.shape.slice(at + 1));
  const take = outputs[0]!.shape[at]!;
  const stored = byteSize[x.dtype] === 1 ? 'Byte' : x.dtype === 'int32' ? 'Int' : 'Float';
  const isHeap = n > short && take <= Math.floor(n / heapPart);
  const scratch = n <= short ? 8 * n : isHeap ? 8 * take : 16 * n + countBytes;
  const addresses = [x, ...outputs].map(pointer);
  const work = isHeap ? n * 2 + take * 10 : n * 15;
  launch(`sort${stored}`, [...addresses, n, inner, take, descending ? -1 : 0], sizeOf(x.shape) / n, { work, scratch });
}

export const sortCpu: Kernel<['x'], SortAttrs> = ({ x }, { axis, descending }, outputs) =>
  launchSort(x, axis, descending, outputs);

export const topkCpu: Kernel<['x'], TopkAttrs> = ({ x }, { axis, largest }, outputs) =>
  launchSort(x, axis, largest, outputs);
