import type { Kernel } from '../../autograd/types.ts';
import type { LayerNormAxes } from './layerNorm.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { blocksOf, normalSize } from './layerNorm.cpu.ts';
import { parameterPointers } from './parameters.cpu.ts';

export const rmsNormForwardCpu: Kernel<['x', 'weight?'], LayerNormAxes & { eps?: number }> = (
  { x, weight },
  { axes, eps },
  [y, rstd],
) => {
  const n = normalSize(x, axes);
  parameterPointers(x, n, weight, undefined, (w) => {
    launch('rmsNormForward', [pointer(x), w, pointer(y!), pointer(rstd!), n, eps], rstd!.size, { work: n / 2 });
  });
};

export const rmsNormBackwardCpu: Kernel<['x', 'weight?', 'rstd:wide', 'g'], LayerNormAxes> = (
  { x, weight, rstd, g },
  { axes },
  [dx, dweight],
) => {
  const n = normalSize(x, axes);
  const { block, blocks } = blocksOf(rstd.size);
  parameterPointers(x, n, weight, undefined, (w) =>
    temporary(4 * blocks * n, (partials) => {
      const tensors = [pointer(x), w, pointer(rstd), pointer(g), pointer(dx!), partials];
      launch('rmsNormBackward', [...tensors, n, rstd.size, block], blocks, { work: (block * n) / 2 });
      launch('addRows', [partials, blocks, n, pointer(dweight!), n], Math.ceil(n / 16), { work: 4 * blocks });
    }),
  );
};
