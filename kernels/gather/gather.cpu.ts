import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { withIndices } from './indices.cpu.ts';
import { normal, packed, sharedIndex } from './rows.ts';

/** Columns that one item of scatterAdd owns. */
const stripWidth = 16;

interface Launch {
  op: string;
  index: Tensor;
  axis: number;
  /** What the indices choose from. */
  size: number;
}

/** Calls `body` with the checked indices and [m, inner, shared], the kernels' view of the index. */
function withRows(
  { op, index, axis, size }: Launch,
  body: (address: number, rows: [number, number, number]) => void,
): void {
  const shared = sharedIndex(index, axis);
  const m = index.shape[axis]!;
  const inner = sizeOf(index.shape.slice(axis + 1));
  withIndices(packed(shared ?? index), { op, name: 'index', size }, (address) =>
    body(address, [m, inner, Number(!!shared)]),
  );
}

export const gatherCpu: Kernel<['x', 'index:int'], { axis: number }> = acceptsStrides(({ x, index }, attrs, [y]) =>
  scope(() => {
    const axis = normal(attrs.axis, x.rank);
    const n = x.shape[axis]!;
    const width = byteSize[x.dtype];
    withRows({ op: 'gather', index, axis, size: n }, (address, [m, inner, shared]) => {
      const tensors = [pointer(packed(x)), address, pointer(y!)];
      const items = y!.size / inner;
      const work = shared ? 1 + inner / 8 : inner * 2;
      launch(width === 4 ? 'gather32' : 'gather8', [...tensors, n, m, inner, shared], items, { work });
    });
  }),
);

export const scatterAddCpu: Kernel<['x', 'index:int'], { axis: number; size: number }> = acceptsStrides(
  ({ x, index }, { axis: given, size }, [y]) =>
    scope(() => {
      const axis = normal(given, x.rank);
      y!.storage.runtime.fill(y!.storage.handle, y!.dtype, y!.size, 0);
      if (x.size === 0) return;
      withRows({ op: 'scatterAdd', index, axis, size }, (address, [m, inner, shared]) => {
        const tensors = [pointer(packed(x)), address, pointer(y!)];
        const items = (x.size / (m * inner)) * Math.ceil(inner / stripWidth);
        const work = m * (shared ? Math.max(1, Math.min(inner, stripWidth) / 4) : Math.min(inner, stripWidth) * 2);
        launch('scatterAdd', [...tensors, size, m, inner, shared], items, { work });
      });
    }),
);

export const embeddingCpu: Kernel<['weight', 'index:int']> = ({ weight, index }, _attrs, [y]) => {
  const [rows, width] = weight.shape as [number, number];
  withIndices(index, { op: 'embedding', name: 'index', size: rows }, (address) => {
    const tensors = [pointer(weight), address, pointer(y!)];
    launch('gather32', [...tensors, rows, index.size, width, 1], index.size, { work: 1 + width / 8 });
  });
};

export const oneHotCpu: Kernel<['index:int'], { classes: number }> = ({ index }, { classes }, [y]) => {
  withIndices(index, { op: 'oneHot', name: 'index', size: classes }, (address) => {
    y!.storage.runtime.fill(y!.storage.handle, y!.dtype, y!.size, 0);
    launch('setOnes', [address, pointer(y!), classes], index.size);
  });
};
