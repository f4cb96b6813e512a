// How a block is cut into register tiles, and tiles at its edges.
//
// Legend: M × K times K × N; a tile is R × 8 or R × 16 of the result. An operand's `row`, `step` (along K) and `panel`
// are distances in bytes. B lies in panels of 8 columns whose rows are contiguous. tiles.as.ts, which
// scripts/register-tiles.mjs writes, has one function for each shape.
// Order of summation: the initial value first, then k = 0, 1, 2 ... one after the other, whatever tiles and blocks are.

import { multiplyTile } from './tiles.as';

/** Rows of the next tile where `left` are left, so that as few as can be are computed twice: 8 = 4 + 4, 10 = 6 + 4. */
@inline
export function heightOf(left: i32, tileRows: i32): i32 {
  return left <= 4 || (left > tileRows && left <= 8) ? 4 : tileRows;
}

/** A tile of which only rows × columns (at most 8) exist, or whose columns are apart: by way of `spare` (192 bytes). */
export function multiplyPartialTile(
  height: i32, rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize,
  init: usize, initRow: usize, initColumn: usize, c: usize, cRow: usize, cColumn: usize, spare: usize,
): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(spare + (<usize>(i * 8 + j) << 2), load<f32>(init + <usize>i * initRow + <usize>j * initColumn));
    }
  }
  multiplyTile(height, 8, rows, k, a, aRow, aStep, b, bStep, 0, spare, 32, 0, spare, 32);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(c + <usize>i * cRow + <usize>j * cColumn, load<f32>(spare + (<usize>(i * 8 + j) << 2)));
    }
  }
}
