/**
 * Relative positional biases, of one head at a time: R2 × R0 × R1 numbers with R = 2K − 1, so that those of a window's
 * column lie as the column's rows do. The bias of a row is at its offset from the owner, plus K − 1, along each axis.
 */

import * as field from './plan.as';
import { ofAxis } from './frame.as';

/** Bytes from a head's first bias to that of a row, along one axis; both are positions in the tile's group. */
@inline
export function biasAlong(plan: usize, axis: i32, owner: i32, row: i32): i32 {
  return (row - owner + ofAxis(plan, axis, field.axisBiasOrigin)) * ofAxis(plan, axis, field.axisBias);
}

/** Copies the biases of `count` columns to `target`, a number for each row of the list. Writes up to 3 more. */
export function copyBiases(plan: usize, target: usize, bias: usize, slabs: i32, lines: i32, count: i32): void {
  const columnBytes = <usize>ofAxis(plan, 2, field.axisBias), slabBytes = <usize>ofAxis(plan, 0, field.axisBias);
  const bytes = <usize>lines << 2;
  for (let column = 0; column < count; column++) {
    let from = bias;
    for (let slab = 0; slab < slabs; slab++) {
      for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, v128.load(from + at));
      target += bytes;
      from += slabBytes;
    }
    bias += columnBytes;
  }
}

/** The same way back: adds the gradients of scores to those of their biases. */
export function addBiasGrads(plan: usize, grads: usize, gradBias: usize, slabs: i32, lines: i32, count: i32): void {
  const columnBytes = <usize>ofAxis(plan, 2, field.axisBias), slabBytes = <usize>ofAxis(plan, 0, field.axisBias);
  const bytes = <usize>lines << 2, whole = bytes & ~15;
  for (let column = 0; column < count; column++) {
    let to = gradBias;
    for (let slab = 0; slab < slabs; slab++) {
      let at: usize = 0;
      for (; at < whole; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(grads + at)));
      for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(grads + at));
      grads += bytes;
      to += slabBytes;
    }
    gradBias += columnBytes;
  }
}

/** numbers += others, `count` of them. */
@inline
export function addNumbers(numbers: usize, others: usize, count: i32): void {
  const end = numbers + (<usize>count << 2);
  for (; numbers < end; numbers += 16, others += 16) {
    v128.store(numbers, f32x4.add(v128.load(numbers), v128.load(others)));
  }
}

/** numbers *= others, `count` of them. */
@inline
export function multiplyNumbers(numbers: usize, others: usize, count: i32): void {
  const end = numbers + (<usize>count << 2);
  for (; numbers < end; numbers += 16, others += 16) {
    v128.store(numbers, f32x4.mul(v128.load(numbers), v128.load(others)));
  }
}
