// The register tile on which every matrix product and convolution runs.
//
// Legend: M × K times K × N; a tile is R × 8 of the result, R = 6 with fused multiply-add and 4 without. An operand's
// `row` and `step` (along K) are distances in bytes. B lies in panels of 8 columns whose rows are contiguous.
// Order of summation: the initial value first, then k = 0, 1, 2 ... one after the other, whatever the blocks are.

import { madd } from '../runtime/cpu/simd.as';

/** x64 has 15 registers: 6 · 2 sums + 2 + 1 fit, but mul + add needs a temporary, and older V8 loads all of a first. */
@inline
export const tileRows: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** c = init + a · b for one tile. Rows at and after `rows` repeat the last one, so that nothing beyond `a` is read. */
export function multiplyTile(
  rows: i32, k: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize,
  init: usize, initRow: usize, c: usize, cRow: usize,
): void {
  let c00 = v128.load(init), c01 = v128.load(init, 16);
  init += initRow;
  let c10 = v128.load(init), c11 = v128.load(init, 16);
  init += initRow;
  let c20 = v128.load(init), c21 = v128.load(init, 16);
  init += initRow;
  let c30 = v128.load(init), c31 = v128.load(init, 16);
  let c40 = i32x4.splat(0), c41 = c40, c50 = c40, c51 = c40;
  if (tileRows == 6) {
    init += initRow;
    c40 = v128.load(init), c41 = v128.load(init, 16);
    init += initRow;
    c50 = v128.load(init), c51 = v128.load(init, 16);
  }
  let a0 = a;
  let a1 = rows > 1 ? a0 + aRow : a0;
  let a2 = rows > 2 ? a1 + aRow : a1;
  let a3 = rows > 3 ? a2 + aRow : a2;
  let a4 = rows > 4 ? a3 + aRow : a3;
  let a5 = rows > 5 ? a4 + aRow : a4;
  for (let i = 0; i < k; i++) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(a0);
    c00 = madd(x, b0, c00), c01 = madd(x, b1, c01);
    x = v128.load32_splat(a1);
    c10 = madd(x, b0, c10), c11 = madd(x, b1, c11);
    x = v128.load32_splat(a2);
    c20 = madd(x, b0, c20), c21 = madd(x, b1, c21);
    x = v128.load32_splat(a3);
    c30 = madd(x, b0, c30), c31 = madd(x, b1, c31);
    a0 += aStep, a1 += aStep, a2 += aStep, a3 += aStep, b += bStep;
    if (tileRows == 6) {
      x = v128.load32_splat(a4);
      c40 = madd(x, b0, c40), c41 = madd(x, b1, c41);
      x = v128.load32_splat(a5);
      c50 = madd(x, b0, c50), c51 = madd(x, b1, c51);
      a4 += aStep, a5 += aStep;
    }
  }
  v128.store(c, c00), v128.store(c, c01, 16);
  c += cRow;
  v128.store(c, c10), v128.store(c, c11, 16);
  c += cRow;
  v128.store(c, c20), v128.store(c, c21, 16);
  c += cRow;
  v128.store(c, c30), v128.store(c, c31, 16);
  if (tileRows == 6) {
    c += cRow;
    v128.store(c, c40), v128.store(c, c41, 16);
    c += cRow;
    v128.store(c, c50), v128.store(c, c51, 16);
  }
}

/** A tile of which only rows × columns exist, or whose columns are apart: by way of `spare` (192 bytes). */
export function multiplyPartialTile(
  rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize,
  init: usize, initRow: usize, initColumn: usize, c: usize, cRow: usize, cColumn: usize, spare: usize,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(spare + (<usize>(i * 8 + j) << 2), load<f32>(init + <usize>i * initRow + <usize>j * initColumn));
    }
  }
  multiplyTile(rows, k, a, aRow, aStep, b, bStep, spare, 32, spare, 32);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(c + <usize>i * cRow + <usize>j * cColumn, load<f32>(spare + (<usize>(i * 8 + j) << 2)));
    }
  }
}
