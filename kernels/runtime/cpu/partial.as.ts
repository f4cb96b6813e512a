/**
 * The last one to three floats of a row as a vector, so that a row needs no scalar tail. Not a kernel itself.
 */

/** Four floats at `p`, or the first `left` of them with `fill` behind when fewer are left. */
@inline
export function loadUpTo(p: usize, left: i32, fill: f32): v128 {
  return left >= 4 ? v128.load(p) : loadPartial(p, left, fill);
}

/** Stores four floats at `p`, or the first `left` when fewer are left. */
@inline
export function storeUpTo(p: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(p, x);
  else storePartial(p, x, left);
}

function loadPartial(p: usize, left: i32, fill: f32): v128 {
  let x = f32x4.splat(fill);
  x = v128.load_lane<f32>(p, x, 0);
  if (left > 1) x = v128.load_lane<f32>(p, x, 1, 4);
  if (left > 2) x = v128.load_lane<f32>(p, x, 2, 8);
  return x;
}

function storePartial(p: usize, x: v128, left: i32): void {
  v128.store_lane<f32>(p, x, 0);
  if (left > 1) v128.store_lane<f32>(p, x, 1, 4);
  if (left > 2) v128.store_lane<f32>(p, x, 2, 8);
}
