import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import {
  checkList,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reshapedStrides,
  sizeOf,
} from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';

/** The same elements in another shape. Shares memory when x's strides allow it. */
export const viewAs: Op<['x'], { shape: Shape }> = defineOp({
  name: 'viewAs',
  inputs: ['x'],
  required: ['shape'],
  dtypes: 'any',
  shape({ x }, { shape }) {
    checkShape('reshape', shape);
    if (sizeOf(x) !== sizeOf(shape)) {
      throw new ShapeError(
        `${formatShape(x)} has ${sizeOf(x)} elements, ${formatShape(shape)} has ${sizeOf(shape)}; they must be equal`,
        { op: 'reshape', x, shape },
      );
    }
    return shape;
  },
  view(x, { shape }) {
    const strides = reshapedStrides(x.shape, x.strides, shape);
    return strides && { shape, strides, offset: x.offset };
  },
  reference: ({ x }, { shape }) => ({ shape, data: x.data }),
  backward: ({ grads: [g], shapes }) => ({ x: reshape(g, shapes.x) }),
});

/**
 * The same elements in another shape; one size may be -1 and is inferred. Shares memory when x's strides allow it.
 *
 * @throws ShapeError when the element counts differ, or -1 cannot be inferred.
 * @example
 * reshape(arange(6), [2, -1]).shape;      // [2, 3]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'x', x);
  return viewAs(x, { shape: inferShape(x.shape, shape) });
}

function inferShape(from: Shape, shape: Shape): Shape {
  checkList('reshape', 'shape', 'sizes', shape);
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return [...shape];
  const rest = sizeOf(shape.filter((_, i) => i !== unknown));
  const inferred = sizeOf(from) / rest;
  if (shape.lastIndexOf(-1) !== unknown || rest === 0 || !Number.isInteger(inferred)) {
    throw new ShapeError(
      `${formatShape(from)} cannot become ${formatShape(shape)}: one size may be -1, and the others must divide ${sizeOf(from)}`,
      { op: 'reshape', from, shape },
    );
  }
  return shape.map((n) => (n === -1 ? inferred : n));
}

/** Axes `from` to `to` (both included, default all) as one. */
export function flatten(x: Tensor, from = 0, to = -1): Tensor {
  checkTensor('flatten', 'x', x);
  if (x.rank === 0) return reshape(x, [1]);
  const first = normalizeAxis('flatten', from, x.shape);
  const last = normalizeAxis('flatten', to, x.shape);
  if (first > last)
    throw new ShapeError(`axes ${from}..${to} of ${formatShape(x.shape)} are in the wrong order`, {
      op: 'flatten',
      from,
      to,
      shape: x.shape,
    });
  return reshape(x, [...x.shape.slice(0, first), sizeOf(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)]);
}

/** Without the axes of size 1: all of them, or the ones named, which must be 1. */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  checkTensor('squeeze', 'x', x);
  const axes =
    axis === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : normalizeAxes('squeeze', axis, x.shape);
  const wrong = axes.find((i) => x.shape[i] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(
      `axis ${wrong} of ${formatShape(x.shape)} has size ${x.shape[wrong]}; only axes of size 1 can go`,
      { op: 'squeeze', axis, shape: x.shape },
    );
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

/** With an axis of size 1 inserted at `axis` of the result. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  checkTensor('unsqueeze', 'x', x);
  return reshape(x, x.shape.toSpliced(normalizeAxis('unsqueeze', axis, [...x.shape, 1]), 0, 1));
}
