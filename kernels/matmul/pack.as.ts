// Copies of operands in the order in which the tile reads them.

import { heightOf } from './tile.as';

/** Four rows of four become four columns of four: `to` + i · `toRow` gets lane i of each. */
@inline
export function transpose4(x: v128, y: v128, z: v128, w: v128, to: usize, toRow: usize): void {
  const xyLow = i32x4.shuffle(x, y, 0, 4, 1, 5), xyHigh = i32x4.shuffle(x, y, 2, 6, 3, 7);
  const zwLow = i32x4.shuffle(z, w, 0, 4, 1, 5), zwHigh = i32x4.shuffle(z, w, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(xyLow, zwLow, 0, 2));
  v128.store(to + toRow, i64x2.shuffle(xyLow, zwLow, 1, 3));
  v128.store(to + 2 * toRow, i64x2.shuffle(xyHigh, zwHigh, 0, 2));
  v128.store(to + 3 * toRow, i64x2.shuffle(xyHigh, zwHigh, 1, 3));
}

/** Four steps of four columns of a panel. */
@inline
function transposeColumns(b: usize, bColumn: usize, to: usize): void {
  const x = v128.load(b), y = v128.load(b + bColumn), z = v128.load(b + 2 * bColumn), w = v128.load(b + 3 * bColumn);
  transpose4(x, y, z, w, to, 32);
}

/** Copies k × width (at most 8) elements into a panel: rows of 8, the missing columns zero. */
export function packPanel(b: usize, bStep: usize, bColumn: usize, k: i32, width: i32, to: usize): void {
  if (width < 8) {
    memory.fill(to, 0, <usize>k << 5);
    for (let i = 0; i < k; i++, b += bStep, to += 32) {
      for (let j = 0; j < width; j++) store<f32>(to + (<usize>j << 2), load<f32>(b + <usize>j * bColumn));
    }
  } else if (bColumn == 4) {
    for (let i = 0; i < k; i++, b += bStep, to += 32) {
      const low = v128.load(b), high = v128.load(b, 16);
      v128.store(to, low), v128.store(to, high, 16);
    }
  } else {
    let i = 0;
    if (bStep == 4) {
      for (; i + 4 <= k; i += 4, b += 16, to += 128) {
        transposeColumns(b, bColumn, to);
        transposeColumns(b + 4 * bColumn, bColumn, to + 16);
      }
    }
    for (; i < k; i++, b += bStep, to += 32) {
      for (let j = 0; j < 8; j++) store<f32>(to + (<usize>j << 2), load<f32>(b + <usize>j * bColumn));
    }
  }
}

/** Copies rows × k elements tile by tile: in a tile, the rows of one step are neighbours. Missing rows are unset. */
export function packRows(a: usize, aRow: usize, aStep: usize, rows: i32, k: i32, tileRows: i32, to: usize): void {
  for (let i = 0; i < rows;) {
    const tile = heightOf(rows - i, tileRows), height = min(tile, rows - i), toStep = <usize>tile << 2;
    let from = a;
    if (height == tile && aRow == 4) {
      for (let step = 0; step < k; step++, from += aStep, to += toStep) {
        v128.store(to, v128.load(from));
        if (tile == 6) store<u64>(to + 16, load<u64>(from + 16));
        else if (tile == 5) store<f32>(to + 16, load<f32>(from + 16));
      }
    } else {
      for (let step = 0; step < k; step++, from += aStep, to += toStep) {
        for (let r = 0; r < height; r++) store<f32>(to + (<usize>r << 2), load<f32>(from + <usize>r * aRow));
      }
    }
    i += height, a += <usize>height * aRow;
  }
}
