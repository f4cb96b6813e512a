import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { sameShape, sizeOf } from '../../tensor/shape.ts';

/** g summed over the axes along which `shape` was broadcast to g's shape: the gradient of broadcasting. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  if (g.size === sizeOf(shape)) return g.reshape(shape);
  const lead = g.rank - shape.length;
  const axes: number[] = [];
  for (let i = 0; i < g.rank; i++) if (i < lead || (shape[i - lead] === 1 && g.shape[i] !== 1)) axes.push(i);
  const isLeading = axes.length === lead;
  const summed = g.sum({ axis: axes, keepDims: !isLeading });
  return isLeading || lead === 0 ? summed : summed.reshape(shape);
}
