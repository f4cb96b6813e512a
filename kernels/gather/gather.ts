import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { DtypeError, ShapeError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { checkShape, formatShape, normalizeAxis, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { build, indices, positionOf } from '../runtime/reference/loops.ts';
import { gatherCpu, scatterAddCpu } from './gather.cpu.ts';
import { indexAt } from './loops.ts';

/** `gather` where x and index differ along `axis` only. */
export const gatherAlong: Op<['x', 'index:int'], { axis: number }> = defineOp({
  name: 'gatherAlong',
  inputs: ['x', 'index:int'],
  required: ['axis'],
  dtypes: 'any',
  shape({ x, index }, { axis }) {
    const at = normalizeAxis('gather', axis, x);
    if (index.length !== x.length || !sameShape(index.with(at, x[at]!), x)) {
      const both = `index has shape ${formatShape(index)}, x ${formatShape(x)}`;
      throw new ShapeError(`${both}; they may differ along axis ${at} only`, { op: 'gather', x, index, axis });
    }
    return index;
  },
  reference({ x, index }, { axis }) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    let next = 0;
    return build(index.shape, (place) => {
      const chosen = indexAt('gather', index, next++, x.shape[at]!);
      return x.data[positionOf(place.with(at, chosen), x.shape)]!;
    });
  },
  kernels: { cpu: gatherCpu },
  saves: ['index'],
  backward: ({ grads: [g], inputs: { index }, attrs: { axis }, shapes: { x } }) => ({
    x: scatterAdd(g, index, { axis, size: x.at(axis)! }),
  }),
});

/**
 * Zeros of index's shape, `size` along `axis`, with x added in at the places that index names: the gradient of
 * `gather`. Places named twice get the sum, in the order of the index whatever the number of threads. A webgpu device
 * leaves out what an index out of range names.
 */
export const scatterAdd: Op<['x', 'index:int'], { axis: number; size: number }> = defineOp({
  name: 'scatterAdd',
  inputs: ['x', 'index:int'],
  required: ['axis', 'size'],
  shape({ x, index }, { axis, size }) {
    const at = normalizeAxis('scatterAdd', axis, x);
    if (!sameShape(x, index)) {
      const both = `index has shape ${formatShape(index)}, x ${formatShape(x)}`;
      throw new ShapeError(`${both}; they must be equal`, { op: 'scatterAdd', x, index });
    }
    const shape = x.with(at, size);
    checkShape('scatterAdd', shape);
    return shape;
  },
  reference({ x, index }, { axis, size }) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    const result = build(x.shape.with(at, size), () => 0);
    let next = 0;
    for (const place of indices(x.shape)) {
      const chosen = indexAt('scatterAdd', index, next, size);
      result.data[positionOf(place.with(at, chosen), result.shape)]! += x.data[next++]!;
    }
    return result;
  },
  kernels: { cpu: scatterAddCpu },
  saves: ['index'],
  backward: ({ grads: [h], inputs: { index }, attrs: { axis } }) => ({ x: gatherAlong(h, index, { axis }) }),
});

/**
 * The elements of x that `index` names along `axis`: for axis 1, y[i, k, j] = x[i, index[i, k, j], j]. index has x's
 * rank, and no axis but `axis` longer than x's. The result has index's shape.
 *
 * A webgpu device does not check, since that would wait for it: there an index out of range gives NaN, in integers 0.
 *
 * @throws ShapeError when the shapes do not fit or an index is out of range; negative indices are.
 * @example
 * const logits = tensor([[1, 2, 3], [4, 5, 6]]);
 * gather(logits, 1, tensor([[2], [0]], { dtype: 'int32' })); // [[3], [4]]
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  checkTensor('gather', 'x', x);
  checkIndex('gather', index);
  const at = normalizeAxis('gather', axis, x.shape);
  checkFits(x.shape, index.shape, at);
  return scope(() => {
    const used = index.shape.reduce((part, n, i) => {
      return i === at || n === x.shape[i] ? part : part.slice({ axis: i, start: 0, end: n });
    }, x);
    return gatherAlong(used, index, { axis: at });
  });
}

/** Throws unless `index` is a tensor that can name places: in the words of the call that it was given to. */
export function checkIndex(op: string, index: Tensor): void {
  checkTensor(op, 'index', index);
  const { dtype } = index;
  if (dtype === 'int32' || dtype === 'uint8') return;
  throw new DtypeError(`index must be int32 or uint8, got ${dtype}; use index.cast('int32')`, { op, dtype });
}

function checkFits(x: Shape, index: Shape, axis: number): void {
  if (index.length === x.length && index.every((n, i) => i === axis || n <= x[i]!)) return;
  const both = `index has shape ${formatShape(index)}, x ${formatShape(x)}`;
  const rule = `index must have x's rank, and only axis ${axis} may be longer`;
  throw new ShapeError(`${both}; ${rule}`, { op: 'gather', x, index, axis });
}
