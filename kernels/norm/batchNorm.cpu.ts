import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { fillAll } from '../reduce/passes.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { parameterPointers } from './parameters.cpu.ts';

/** [n, channels, inner] */
function extents(shape: Shape): [number, number, number] {
  return [shape[0]!, shape[1]!, sizeOf(shape.slice(2))];
}

export const batchNormForwardCpu: Kernel<['x', 'weight?', 'bias?'], { eps?: number }> = (
  { x, weight, bias },
  { eps },
  [y, mean, rstd],
) => {
  const [n, channels, inner] = extents(x.shape);
  if (n * inner === 0) return [mean!, rstd!].forEach((statistics) => fillAll(statistics, NaN));
  parameterPointers(x, channels, weight, bias, (w, b) => {
    const tensors = [pointer(x), w, b, pointer(y!), pointer(mean!), pointer(rstd!)];
    launch('batchNormForward', [...tensors, n, channels, inner, eps], channels, { work: (n * inner) / 2 });
  });
};

export const batchNormBackwardCpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g']> = (
  { x, weight, mean, rstd, g },
  _attrs,
  [dx, dweight, dbias],
) => {
  const [n, channels, inner] = extents(x.shape);
  parameterPointers(x, channels, weight, undefined, (w) => {
    const inputs = [pointer(x), w, pointer(mean), pointer(rstd), pointer(g)];
    const outputs = [dx!, dweight!, dbias!].map(pointer);
    launch('batchNormBackward', [...inputs, ...outputs, n, channels, inner], channels, { work: (n * inner) / 2 });
  });
};

type Given = ['x', 'mean:wide', 'variance:wide', 'weight?', 'bias?'];

export const normalizeChannelsCpu: Kernel<Given, { eps?: number }> = (
  { x, mean, variance, weight, bias },
  { eps },
  [y],
) => {
  const [n, channels, inner] = extents(x.shape);
  parameterPointers(x, channels, weight, bias, (w, b) =>
    temporary(channels * 4, (scale) => {
      launch('channelScale', [pointer(variance), scale, eps], channels);
      const tensors = [pointer(x), pointer(mean), scale, w, b, pointer(y!), channels];
      if (inner === 1) launch('normalizeRows', tensors, n, { work: channels / 2 });
      else launch('normalizeSegments', [...tensors, inner], n * channels, { work: 3 + inner / 4 });
    }),
  );
};

type Running = ['runningMean', 'runningVar', 'mean:wide', 'rstd:wide'];

export const batchNormUpdateCpu: Kernel<Running, { momentum?: number; eps?: number; count: number }> = (
  { runningMean, runningVar, mean, rstd },
  { momentum, eps, count },
) => {
  const tensors = [runningMean, runningVar, mean, rstd].map(pointer);
  launch('batchNormUpdate', [...tensors, momentum, eps, count / (count - 1)], mean.size, { work: 5 });
};
