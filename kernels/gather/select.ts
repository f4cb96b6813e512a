// Elements chosen by an index for whole rows, or by a mask.

import type { Operand } from '../../autograd/types.ts';
import { tensor } from '../../tensor/create.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { DtypeError, ShapeError } from '../../tensor/errors.ts';
import { indexError } from '../../tensor/indexError.ts';
import { scope } from '../../tensor/scope.ts';
import { broadcastShapes, formatShape, normalizeAxis, sameShape } from '../../tensor/shape.ts';
import { checkTensor, Tensor } from '../../tensor/tensor.ts';
import { checkFits } from '../create/filled.ts';
import { where } from '../elementwise/where.ts';
import { expand } from '../layout/expand.ts';
import { reshape } from '../layout/reshape.ts';
import { checkIndex, gatherAlong } from './gather.ts';

/**
 * The rows of x that `index` [m] names along `axis`: x [..., n, ...] → [..., m, ...]. The gradient adds up what was chosen twice.
 *
 * A webgpu device does not check the index, since that would wait for it: there one out of range gives NaN, in integers 0.
 *
 * @throws ShapeError when index has two axes or more, or is out of range; negative indices are
 * @example
 * indexSelect(tensor([[1, 2, 3], [4, 5, 6]]), 1, tensor([2, 0, 0], { dtype: 'int32' })); // [[3, 1, 1], [6, 4, 4]]
 */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  const op = 'indexSelect';
  checkTensor(op, 'x', x);
  checkIndex(op, index);
  const at = normalizeAxis(op, axis, x.shape);
  if (index.rank > 1) {
    const got = `index has shape ${formatShape(index.shape)}`;
    throw new ShapeError(`${got}; it must have one axis`, { op, index: index.shape });
  }
  const { size } = index;
  checkRange(op, index, x.shape[at]!);
  return scope(() => {
    const along = reshape(index, x.shape.map(() => 1).with(at, size));
    return gatherAlong(x, expand(along, x.shape.with(at, size)), { axis: at });
  });
}

/** Throws for an index out of range, where the indices can be read without waiting: in the words of this call. */
function checkRange(op: string, index: Tensor, size: number): void {
  const values = index.dataNow();
  const at = values?.findIndex((value) => value < 0 || value >= size) ?? -1;
  if (at >= 0) throw indexError(op, 'index', values![at]!, at, index.shape, size);
}

/**
 * x with `value` (a number, or a tensor of rank 0) where `mask`, which broadcasts to x, holds. x's shape and dtype are kept.
 *
 * @throws DtypeError when x's dtype does not hold the value, ShapeError when mask is larger than x
 * @example
 * maskedFill(tensor([1, 2, 3]), tensor([true, false, true]), -Infinity); // [-Infinity, 2, -Infinity]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  const op = 'maskedFill';
  checkTensor(op, 'x', x);
  checkMask(op, mask);
  if (!sameShape(broadcastShapes(op, mask.shape, x.shape), x.shape)) {
    const both = `mask ${formatShape(mask.shape)} is larger than x ${formatShape(x.shape)}`;
    throw new ShapeError(`${both}; it must broadcast to x`, { op, mask: mask.shape, x: x.shape });
  }
  if (!(value instanceof Tensor)) {
    checkFits(op, value, x.dtype);
    return where(mask, value, x);
  }
  if (value.rank > 0) {
    const got = `value has shape ${formatShape(value.shape)}`;
    throw new ShapeError(`${got}; use a number or a tensor of rank 0`, { op, value: value.shape });
  }
  if (isFloat(value.dtype) && !isFloat(x.dtype)) {
    const both = `value is ${value.dtype}, x ${x.dtype}`;
    throw new DtypeError(`${both}; cast one of them`, { op, value: value.dtype, x: x.dtype });
  }
  return scope(() => where(mask, value.cast(x.dtype), x));
}

/**
 * The elements of x where `mask` holds, in row-major order: [count]. Both broadcast. How many there are is known only when the mask
 * was read, so this is awaited; the result belongs to no scope, as all that is made after an `await`. Gradients flow to x.
 *
 * @throws DtypeError when mask is not bool
 * @example
 * await maskedSelect(tensor([1, 2, 3]), tensor([true, false, true])); // [1, 3]
 */
export async function maskedSelect(x: Tensor, mask: Tensor): Promise<Tensor> {
  const op = 'maskedSelect';
  checkTensor(op, 'x', x);
  checkMask(op, mask);
  const shape = broadcastShapes(op, x.shape, mask.shape);
  const { reading } = scope(() => ({ reading: expand(mask, shape).data() }));
  const source = x.alias().own(); // the caller may free x meanwhile
  try {
    const chosen = Int32Array.from(truePlaces(await reading));
    return scope(() => indexSelect(reshape(expand(source, shape), [-1]), 0, tensor(chosen, { device: source.device })));
  } finally {
    source.dispose();
  }
}

/**
 * Where x is not 0 (NaN is not): the index of each such element, in row-major order. x [*X] → int32 [count, rank]. Awaited, since
 * the count is known only when x was read; the result belongs to no scope.
 *
 * @example
 * await nonzero(tensor([[0, 1], [2, 0]])); // [[0, 1], [1, 0]]
 */
export async function nonzero(x: Tensor): Promise<Tensor> {
  checkTensor('nonzero', 'x', x);
  const { shape, device } = x;
  const places = truePlaces(await x.data());
  const result = new Int32Array(places.length * shape.length);
  places.forEach((place, row) => {
    for (let axis = shape.length - 1, rest = place; axis >= 0; axis--) {
      result[row * shape.length + axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
  });
  return tensor(result, { shape: [places.length, shape.length], device });
}

function truePlaces(values: ArrayLike<number>): number[] {
  const places: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) places.push(i);
  return places;
}

function checkMask(op: string, mask: Tensor): void {
  checkTensor(op, 'mask', mask);
  if (mask.dtype === 'bool') return;
  throw new DtypeError(`mask must be bool, got ${mask.dtype}; use mask.cast('bool')`, { op, dtype: mask.dtype });
}
