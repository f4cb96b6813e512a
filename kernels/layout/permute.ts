import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkList, formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';

/** Axis i of the result is axis `axes[i]` of x. */
export const permuteAxes: Op<['x'], { axes: readonly number[] }> = defineOp({
  name: 'permuteAxes',
  inputs: ['x'],
  required: ['axes'],
  dtypes: 'any',
  shape({ x }, { axes }) {
    checkList('permute', 'axes', 'axes', axes);
    const order = axes.map((axis) => normalizeAxis('permute', axis, x));
    if (order.length !== x.length || new Set(order).size !== x.length) {
      throw new ShapeError(
        `axes ${formatShape(axes)} must name each of the ${x.length} axes of ${formatShape(x)} once`,
        { op: 'permute', axes, shape: x },
      );
    }
    return order.map((axis) => x[axis]!);
  },
  view(x, { axes }) {
    const order = axes.map((axis) => normalizeAxis('permute', axis, x.shape));
    return {
      shape: order.map((axis) => x.shape[axis]!),
      strides: order.map((axis) => x.strides[axis]!),
      offset: x.offset,
    };
  },
  reference({ x }, { axes }) {
    const order = axes.map((axis) => (axis < 0 ? axis + axes.length : axis));
    return build(
      order.map((axis) => x.shape[axis]!),
      (index) => {
        const source = new Array<number>(order.length);
        order.forEach((axis, i) => (source[axis] = index[i]!));
        return x.data[positionOf(source, x.shape)]!;
      },
    );
  },
  backward({ grads: [g], attrs: { axes } }) {
    const inverse = new Array<number>(axes.length);
    axes.forEach((axis, i) => (inverse[axis < 0 ? axis + axes.length : axis] = i));
    return { x: permuteAxes(g, { axes: inverse }) };
  },
});

/**
 * The axes in another order, without a copy.
 *
 * @example
 * permute(zeros([2, 3, 4]), 0, 2, 1).shape;     // [2, 4, 3]
 */
export function permute(x: Tensor, ...axes: number[]): Tensor {
  return permuteAxes(x, { axes });
}

/** Two axes swapped, without a copy; the last two by default. */
export function transpose(x: Tensor, first = -2, second = -1): Tensor {
  checkTensor('transpose', 'x', x);
  const a = normalizeAxis('transpose', first, x.shape);
  const b = normalizeAxis('transpose', second, x.shape);
  const axes = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return permuteAxes(x, { axes });
}
