import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { parameterPointers } from './parameters.cpu.ts';

interface Axes {
  axes?: number;
}

/** Elements of a row. */
export function normalSize(x: Tensor, axes: number): number {
  return sizeOf(x.shape.slice(x.rank - axes));
}

export const layerNormForwardCpu: Kernel<['x', 'weight?', 'bias?'], Axes & { eps?: number }> = (
  { x, weight, bias },
  { axes, eps },
  [y, mean, rstd],
) => {
  const n = normalSize(x, axes);
  parameterPointers(x, n, weight, bias, (w, b) => {
    const tensors = [pointer(x), w, b, pointer(y!), pointer(mean!), pointer(rstd!)];
    launch('layerNormForward', [...tensors, n, eps], mean!.size, { work: n / 2 });
  });
};

/** Blocks of rows with a sum of their own: enough for many threads, few enough that the sums are small beside x. */
const mostBlocks = 64;
const leastRows = 16;

export function blocksOf(rows: number): { block: number; blocks: number } {
  const block = Math.max(leastRows, Math.ceil(rows / mostBlocks));
  return { block, blocks: Math.ceil(rows / block) };
}

export const layerNormBackwardCpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'], Axes> = (
  { x, weight, mean, rstd, g },
  { axes },
  [dx, dweight, dbias],
) => {
  const n = normalSize(x, axes);
  const rows = mean.size;
  const { block, blocks } = blocksOf(rows);
  parameterPointers(x, n, weight, undefined, (w) =>
    temporary(blocks * 2 * n * 4, (partials) => {
      const tensors = [pointer(x), w, pointer(mean), pointer(rstd), pointer(g), pointer(dx!), partials];
      launch('layerNormBackward', [...tensors, n, rows, block], blocks, { work: (block * n) / 2 });
      const strips = Math.ceil(n / 16);
      launch('addRows', [partials, blocks, 2 * n, pointer(dweight!), n], strips, { work: blocks * 4 });
      launch('addRows', [partials + n * 4, blocks, 2 * n, pointer(dbias!), n], strips, { work: blocks * 4 });
    }),
  );
};
