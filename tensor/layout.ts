import type { TypedArray } from './dtype.ts';
import type { Shape } from './shape.ts';
import { isContiguous, sizeOf } from './shape.ts';

/** How a tensor's elements lie in its storage, in elements. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}

/** The stretch of storage from the first to the last element of `layout`. */
export function span({ shape, strides, offset }: Layout): { start: number; length: number } {
  if (sizeOf(shape) === 0) return { start: offset, length: 0 };
  let low = offset;
  let high = offset;
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = (shape[axis]! - 1) * strides[axis]!;
    if (reach < 0) low += reach;
    else high += reach;
  }
  return { start: low, length: high - low + 1 };
}

/** The elements of `layout` in row-major order, out of the stretch of storage that begins at `start`. */
export function gather(stretch: TypedArray, start: number, { shape, strides, offset }: Layout): TypedArray {
  if (isContiguous(shape, strides)) return stretch;
  const out = new (stretch.constructor as new (length: number) => TypedArray)(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let from = offset - start;
  for (let to = 0; to < out.length; to++) {
    out[to] = stretch[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
