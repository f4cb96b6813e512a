import type { Kernel } from '../../autograd/types.ts';
import type { SortAttrs, TopkAttrs } from './sort.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { contiguousCpu } from '../layout/copy.cpu.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';

/** As in sort.as.ts. */
const short = 48;
const heapPart = 8;
const countBytes = 4096;
/** Elements from one of a line to the next where each takes a cache line of its own: then lines are packed first. */
const farApart = 64;

/** The first elements in order of x's lines along axis `at`, as many as the outputs have. */
function sortLines(x: Tensor, at: number, descending: boolean, outputs: readonly Tensor[]): void {
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

function launchSort(x: Tensor, axis: number, descending: boolean, outputs: readonly Tensor[]): void {
  const at = normalizeAxis('sort', axis, x.shape);
  if (x.shape[at]! <= short || sizeOf(x.shape.slice(at + 1)) < farApart) return sortLines(x, at, descending, outputs);
  scope(() => {
    const packed = x.detach().transpose(at, -1).contiguous();
    const rows = outputs.map(({ storage, dtype, shape }) =>
      Tensor.empty(storage.runtime, dtype, packed.shape.with(-1, shape[at]!)),
    );
    sortLines(packed, x.rank - 1, descending, rows);
    rows.forEach((part, i) => contiguousCpu({ x: part.transpose(at, -1) }, {}, [outputs[i]!]));
  });
}

export const sortCpu: Kernel<['x'], SortAttrs> = ({ x }, { axis, descending }, outputs) =>
  launchSort(x, axis, descending, outputs);

export const topkCpu: Kernel<['x'], TopkAttrs> = ({ x }, { axis, largest }, outputs) =>
  launchSort(x, axis, largest, outputs);
