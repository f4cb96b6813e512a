/**
 * Vectors of four elements at any stride, shared by the elementwise kernels. Not a kernel itself.
 *
 * Elements of 4 bytes fill a lane each; elements of 1 byte are widened to a lane and narrowed again. A partial vector
 * (the tail of a row) repeats its first element in the lanes that have none, so that no byte beyond the row is read,
 * and goes through the same arithmetic as a whole one.
 */

/** A row is cut into runs of this many elements; an item of an elementwise kernel is one run. */
@inline
export const RUN: i32 = 4096;

/** Four elements, `step` elements apart. */
@inline
export function load4<T>(p: usize, step: i32): v128 {
  if (sizeof<T>() == 1) return step == 1 ? widen(v128.load_zero<u32>(p)) : gather1(p, step, 4);
  if (step == 1) return v128.load(p);
  if (step == 0) return v128.load_splat<u32>(p);
  const d = <usize>step << 2;
  let v = v128.load_splat<u32>(p);
  v = v128.load_lane<u32>(p + d, v, 1);
  v = v128.load_lane<u32>(p + 2 * d, v, 2);
  return v128.load_lane<u32>(p + 3 * d, v, 3);
}

/** The first `count` (1 to 3) of four elements. */
@inline
export function loadPart<T>(p: usize, step: i32, count: i32): v128 {
  return sizeof<T>() == 1 ? gather1(p, step, count) : gather4(p, step, count);
}

/** Writes four neighbouring elements. */
@inline
export function store4<T>(p: usize, v: v128): void {
  if (sizeof<T>() == 1) v128.store_lane<u32>(p, narrow(v), 0);
  else v128.store(p, v);
}

/** Writes the first `count` (1 to 3) of four neighbouring elements. */
@inline
export function storePart<T>(p: usize, v: v128, count: i32): void {
  if (sizeof<T>() == 1) scatter1(p, narrow(v), count);
  else scatter4(p, v, count);
}

@inline
function widen(bytes: v128): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
}

/** Lanes cut to 0 … 255. */
@inline
function narrow(v: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(v, v);
  return i8x16.narrow_i16x8_u(halves, halves);
}

function gather4(p: usize, step: i32, count: i32): v128 {
  const d = <usize>step << 2;
  let v = v128.load_splat<u32>(p);
  if (count > 1) v = v128.load_lane<u32>(p + d, v, 1);
  if (count > 2) v = v128.load_lane<u32>(p + 2 * d, v, 2);
  return v;
}

function gather1(p: usize, step: i32, count: i32): v128 {
  const d = <usize>step;
  let v = v128.load_splat<u8>(p);
  if (count > 1) v = v128.load_lane<u8>(p + d, v, 1);
  if (count > 2) v = v128.load_lane<u8>(p + 2 * d, v, 2);
  if (count > 3) v = v128.load_lane<u8>(p + 3 * d, v, 3);
  return widen(v);
}

function scatter4(p: usize, v: v128, count: i32): void {
  v128.store_lane<u32>(p, v, 0);
  if (count > 1) v128.store_lane<u32>(p + 4, v, 1);
  if (count > 2) v128.store_lane<u32>(p + 8, v, 2);
}

function scatter1(p: usize, v: v128, count: i32): void {
  v128.store_lane<u8>(p, v, 0);
  if (count > 1) v128.store_lane<u8>(p + 1, v, 1);
  if (count > 2) v128.store_lane<u8>(p + 2, v, 2);
}
