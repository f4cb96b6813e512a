import type { Kernel } from '../../autograd/types.ts';
import type { Layout } from '../../tensor/layout.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { collapse, outerLoops } from '../runtime/collapse.ts';
import { launch, pointer } from '../runtime/cpu/launch.ts';
import { copyKernels } from './copy.ts';

function copyInto(x: Tensor, y: Tensor, layout: Pick<Layout, 'strides' | 'offset'>): void {
  if (x.size === 0) return;
  const width = byteSize[x.dtype];
  const loops = collapse(x.shape, [x.strides, layout.strides], 3);
  const [n0, n1, n2] = loops.sizes.slice(-3) as [number, number, number];
  const [x0, x1, x2] = loops.strides[0]!.slice(-3) as [number, number, number];
  const [y0, y1, y2] = loops.strides[1]!.slice(-3) as [number, number, number];
  const isTranspose = width === 4 && y2 === 1 && Math.abs(x2) > 1 && n1 >= 8 && n2 >= 8;
  outerLoops(loops, isTranspose ? 2 : 3, (xOffset, yOffset) => {
    const from = pointer(x) + xOffset * width;
    const to = pointer(y) + (layout.offset + yOffset) * width;
    if (isTranspose) launch('transpose32', [from, to, n1, n2, x1, x2, y1], Math.ceil(n1 / 32), { work: 32 * n2 });
    else
      launch(width === 4 ? 'copy32' : 'copy8', [from, to, n1, n2, x0, x1, x2, y0, y1, y2], n0 * n1, {
        work: Math.abs(x2) === 1 && y2 === 1 ? n2 / 4 : n2,
      });
  });
}

export const contiguousCpu: Kernel<['x']> = acceptsStrides(({ x }, _attrs, [y]) =>
  copyInto(x, y!, { strides: y!.strides, offset: 0 }),
);

export const { concat: concatCpu, place: placeCpu } = copyKernels(copyInto);
