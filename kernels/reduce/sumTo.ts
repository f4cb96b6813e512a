import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { sameShape } from '../../tensor/shape.ts';

/** g summed over the axes along which `shape` was broadcast to g's shape: the gradient of broadcasting. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axes = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return axes.length === 0 ? g.reshape(shape) : g.sum({ axis: axes, keepDims: true }).reshape(shape);
}
