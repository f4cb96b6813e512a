import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import {
  broadcastShapes,
  broadcastStrides,
  checkList,
  checkShape,
  formatShape,
  sameShape,
} from '../../tensor/shape.ts';
import { sumTo } from '../reduce/sumTo.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';

/** x stretched to `shape`: the op behind `expand`. */
export const expandTo: Op<['x'], { shape: Shape }> = defineOp({
  name: 'expand',
  inputs: ['x'],
  required: ['shape'],
  dtypes: 'any',
  shape({ x }, { shape }) {
    checkList('expand', 'shape', 'sizes', shape);
    const target = keptSizes(x, shape);
    checkShape('expand', target);
    if (target.length < x.length || !sameShape(broadcastShapes('expand', x, target), target)) {
      throw new ShapeError(
        `${formatShape(x)} does not stretch to ${formatShape(target)}; only axes of size 1 stretch`,
        { op: 'expand', x, shape },
      );
    }
    return target;
  },
  view(x, { shape }) {
    const target = keptSizes(x.shape, shape);
    return { shape: target, strides: broadcastStrides(x.shape, x.strides, target), offset: x.offset };
  },
  reference: ({ x }, { shape }) =>
    build(
      shape.map((n, i) => (n === -1 ? x.shape[i - shape.length + x.shape.length]! : n)),
      (index) => x.data[positionOf(index, x.shape)]!,
    ),
  backward: ({ grads: [g], shapes }) => ({ x: sumTo(g, shapes.x) }),
});

/**
 * x stretched to `shape`, without a copy: axes of size 1, and new leading axes, are repeated. -1 keeps a size.
 *
 * @throws ShapeError when an axis of another size would have to stretch.
 * @example
 * expand(tensor([[1], [2]]), [-1, 3]); // [[1, 1, 1], [2, 2, 2]]
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  return expandTo(x, { shape });
}

function keptSizes(x: Shape, shape: Shape): Shape {
  const lead = shape.length - x.length;
  return shape.map((n, i) => (n === -1 && i >= lead ? x[i - lead]! : n));
}
