// How gather and scatterAdd see their tensors, whatever the device: [outer, m, inner], m the indices along the axis.

import type { Tensor } from '../../tensor/tensor.ts';

/** The elements side by side; what it makes belongs to the scope around. */
export function packed(x: Tensor): Tensor {
  return x.isContiguous ? x : x.detach().contiguous();
}

/** One index per row where the axes behind `axis` only repeat it, as `expand` leaves them. */
export function sharedIndex(index: Tensor, axis: number): Tensor | null {
  let result = index;
  for (let i = axis + 1; i < index.rank; i++) {
    if (index.shape[i]! > 1 && index.strides[i] !== 0) return null;
    if (index.shape[i]! > 1) result = result.slice({ axis: i, start: 0, end: 1 });
  }
  return result;
}

/** A negative axis counts from the end. */
export function normal(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
