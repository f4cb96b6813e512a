import type { Kernel } from '../../autograd/types.ts';
import type { GroupNormAttrs } from './groupNorm.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { parameterPointers } from './parameters.cpu.ts';

export const groupNormForwardCpu: Kernel<['x', 'weight?', 'bias?'], GroupNormAttrs & { eps?: number }> = (
  { x, weight, bias },
  { groups, eps },
  [y, mean, rstd],
) => {
  const channels = x.shape[1]!;
  const [each, inner] = [channels / groups, sizeOf(x.shape.slice(2))];
  parameterPointers(x, channels, weight, bias, (w, b) => {
    const tensors = [pointer(x), w, b, pointer(y!), pointer(mean!), pointer(rstd!)];
    launch('groupNormForward', [...tensors, groups, each, inner, eps], mean!.size, { work: (each * inner) / 2 });
  });
};

export const groupNormBackwardCpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'], GroupNormAttrs> = (
  { x, weight, mean, rstd, g },
  { groups },
  [dx, dweight, dbias],
) => {
  const [n, channels] = x.shape as [number, number];
  const [each, inner] = [channels / groups, sizeOf(x.shape.slice(2))];
  parameterPointers(x, channels, weight, undefined, (w) =>
    temporary(8 * n * channels, (sums) => {
      const shifts = sums + 4 * n * channels;
      const tensors = [pointer(x), w, pointer(mean), pointer(rstd), pointer(g), pointer(dx!), sums, shifts];
      launch('groupNormBackward', [...tensors, groups, each, inner], mean.size, { work: (each * inner) / 2 });
      const strips = Math.ceil(channels / 16);
      launch('addRows', [sums, n, channels, pointer(dweight!), channels], strips, { work: 4 * n });
      launch('addRows', [shifts, n, channels, pointer(dbias!), channels], strips, { work: 4 * n });
    }),
  );
};
