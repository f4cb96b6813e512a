// A block of tiles, summed in steps along K that fit the caches.

import { packPanel, packRows } from './pack.as';
import { multiplyPartialTile, multiplyTile, tileRows } from './tile.as';

/** Steps along K between two visits of a tile: 8 KiB of a panel stay in the first-level cache. */
@inline
const stepsPerVisit: i32 = 256;

// Scratch of a thread: a tile (192 bytes), 8 zeros, the bias of 96 rows 8 times over each, a panel, a copy of 96 rows.
@inline
export const zerosAt: usize = 192;
@inline
export const biasAt: usize = 256;
@inline
const panelAt: usize = 3328;
@inline
const rowsAt: usize = 11520;

/**
 * c = init + a · b for a block of at most 96 rows.
 *
 * @param bPanel bytes from one panel of 8 columns to the next
 * @param isPanels whether the last panel has 8 columns too; else b lies as a plain matrix with contiguous columns
 * @param init initial values with contiguous columns
 * @param initPanel bytes from the initial values of one panel to those of the next
 * @param copiesRows whether a is read by way of a copy in scratch memory: for transposed ones with distant rows
 */
export function multiplyBlock(
  rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize,
  b: usize, bStep: usize, bPanel: usize, isPanels: bool,
  init: usize, initRow: usize, initPanel: usize, c: usize, cRow: usize, cColumn: usize,
  copiesRows: bool, scratch: usize,
): void {
  let initColumn: usize = 4;
  const whole = isPanels ? columns : columns & ~7;
  const panel = scratch + panelAt, copy = scratch + rowsAt;
  let done = 0;
  do {
    const steps = min(stepsPerVisit, k - done);
    let aAt = a, row = aRow, step = aStep, tile = <usize>tileRows * aRow;
    if (copiesRows) {
      packRows(a, aRow, aStep, rows, steps, copy);
      aAt = copy, row = 4, step = <usize>tileRows << 2, tile = <usize>steps * (<usize>tileRows << 2);
    }
    multiplyPanels(
      rows, whole, steps, aAt, row, step, tile, b, bStep, bPanel,
      init, initRow, initColumn, initPanel, c, cRow, cColumn, scratch,
    );
    if (whole < columns) {
      const before = <usize>(whole >> 3);
      packPanel(b + before * bPanel, bStep, 4, steps, columns - whole, panel);
      multiplyPanels(
        rows, columns - whole, steps, aAt, row, step, tile, panel, 32, 0,
        init + before * initPanel, initRow, initColumn, initPanel, c + <usize>whole * cColumn, cRow, cColumn, scratch,
      );
    }
    a += <usize>steps * aStep, b += <usize>steps * bStep, done += steps;
    init = c, initRow = cRow, initColumn = cColumn, initPanel = 8 * cColumn;
  } while (done < k);
}

/** Panels outside, tiles inside, so that a panel stays near. `aTile`: bytes from one tile's rows to the next's. */
function multiplyPanels(
  rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize, aTile: usize,
  b: usize, bStep: usize, bPanel: usize,
  init: usize, initRow: usize, initColumn: usize, initPanel: usize, c: usize, cRow: usize, cColumn: usize, spare: usize,
): void {
  for (let j = 0; j < columns; j += 8) {
    const width = min(8, columns - j);
    const isWhole = width == 8 && cColumn == 4;
    let aAt = a, initAt = init, cAt = c;
    for (let i = 0; i < rows; i += tileRows) {
      const height = min(tileRows, rows - i);
      if (isWhole && height == tileRows) {
        multiplyTile(height, k, aAt, aRow, aStep, b, bStep, initAt, initRow, cAt, cRow);
      } else {
        multiplyPartialTile(
          height, width, k, aAt, aRow, aStep, b, bStep, initAt, initRow, initColumn, cAt, cRow, cColumn, spare,
        );
      }
      aAt += aTile, initAt += <usize>tileRows * initRow, cAt += <usize>tileRows * cRow;
    }
    b += bPanel, init += initPanel, c += 8 * cColumn;
  }
}

/** Repeats each row's bias 8 times, as initial values of a tile with initRow = 32. Returns where they are. */
export function spreadBias(bias: usize, rows: i32, scratch: usize): usize {
  const to = scratch + biasAt;
  for (let i = 0; i < rows; i++) {
    const value = v128.load32_splat(bias + (<usize>i << 2)), at = to + (<usize>i << 5);
    v128.store(at, value), v128.store(at, value, 16);
  }
  return to;
}
