/**
 * The frame: what a thread knows about the item it works on. It is the first 512 bytes of the thread's scratch;
 * positions count numbers of four bytes.
 */

import { axes as planAxes } from './plan.as';

/** One of `forwardMode`, `backwardQueryMode`, `backwardKeyMode`. */
export const mode = 0;
export const batch = 1;
export const head = 2;
/** Slabs and lines of the windows that the list is for. */
export const listSlabs = 3;
export const listLines = 4;
/** Addresses of the four operands: of all, and of this item's batch entry and head. */
export const operands = 8;
export const operandsHere = 12;
/** Addresses of contiguous tensors with a number, or a row, for each token and head. */
export const logsumexp = 16;
export const delta = 17;
export const result = 18;
export const secondResult = 19;
/** f32: factors of the owners' and the box's first operand, and of the result. */
export const ownerFactor = 20;
export const boxFactor = 21;
export const resultFactor = 22;

/** Per axis, from `axes`: the tile's group, first and last position; the box's and the chunk's start and end. */
const axes = 32;
export const group = 0;
export const first = 1;
export const last = 2;
export const boxStart = 3;
export const boxEnd = 4;
export const chunkStart = 5;
export const chunkEnd = 6;

export const forwardMode = 0;
export const backwardQueryMode = 1;
export const backwardKeyMode = 2;

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

@inline
export function setFloat(numbers: usize, field: i32, value: f32): void {
  store<f32>(numbers + (<usize>field << 2), value);
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
  return get(plan, planAxes + 8 * axis + field);
}
