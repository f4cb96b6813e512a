/**
 * The frame: what a thread knows about the item it works on. It is the first 512 bytes of the thread's scratch;
 * positions count numbers of four bytes.
 */

import { axes as planAxes, axisDilation } from './plan.as';

export const batch = 0;
/** Heads of the owners, of the box, and of whichever of them are queries. */
export const head = 1;
export const boxHead = 2;
export const queryHead = 3;
/** Slabs and lines of the windows that the list is for. */
export const listSlabs = 4;
export const listLines = 5;
/** Whether the rows at hand have biases: additional tokens have none. */
export const hasBias = 6;
/** Addresses of this head's biases and of this item's gradients of them. */
export const bias = 7;
export const gradBias = 8;
/** The item's split, counted from the launch's first. */
export const split = 9;
/** Where the sums of this item's box belong. */
export const part = 10;
/** Addresses of the operands, for this item's batch entry and heads. */
export const operands = 16;

/** Per axis, from `axes`: the tile's group, first and last position; start and end of box and chunk; the split. */
const axes = 32;
export const group = 0;
export const first = 1;
export const last = 2;
export const boxStart = 3;
export const boxEnd = 4;
export const chunkStart = 5;
export const chunkEnd = 6;
export const axisSplit = 7;

/** 64 bytes of the frame for any use. */
export const spareBytes: usize = 256;

/** A number of the plan or of the frame. */
@inline
export function get(numbers: usize, field: i32): i32 {
  return load<i32>(numbers + (<usize>field << 2));
}

@inline
export function set(numbers: usize, field: i32, value: i32): void {
  store<i32>(numbers + (<usize>field << 2), value);
}

@inline
export function getAddress(numbers: usize, field: i32): usize {
  return load<usize>(numbers + (<usize>field << 2));
}

@inline
export function setAddress(numbers: usize, field: i32, value: usize): void {
  store<usize>(numbers + (<usize>field << 2), value);
}

@inline
export function getFloat(numbers: usize, field: i32): f32 {
  return load<f32>(numbers + (<usize>field << 2));
}

/** A number of the frame that each axis has. */
@inline
export function along(frame: usize, axis: i32, field: i32): i32 {
  return get(frame, axes + 8 * axis + field);
}

@inline
export function setAlong(frame: usize, axis: i32, field: i32, value: i32): void {
  set(frame, axes + 8 * axis + field, value);
}

/** A number of the plan that each axis has. */
@inline
export function ofAxis(plan: usize, axis: i32, field: i32): i32 {
  return get(plan, planAxes + 16 * axis + field);
}

/** The coordinate of the token at `position` of the tile's group. */
@inline
export function tokenOf(plan: usize, frame: usize, axis: i32, position: i32): i32 {
  return along(frame, axis, group) + position * ofAxis(plan, axis, axisDilation);
}
