// A block of tiles, summed in steps along K that fit the caches.

import { packPanel, packRows } from './pack.as';
import { heightOf, multiplyPartialTile } from './tile.as';
import { multiplyTile } from './tiles.as';

/** Steps along K between two visits of a tile, at most: 10 KiB of a panel stay in the first-level cache. */
@inline
const mostSteps: i32 = 320;

// Scratch of a thread: a tile (192 bytes), 8 zeros, the bias of 96 rows 8 times over each, a panel, a copy of
// the block's rows.
@inline
export const zerosAt: usize = 192;
@inline
export const biasAt: usize = 256;
@inline
const panelAt: usize = 3328;
@inline
const rowsAt: usize = 13568;

/**
 * c = init + a · b for a block.
 *
 * @param tileRows rows of the tiles that are used where they fit
 * @param tileColumns likewise, 8 or 16
 * @param bPanel bytes from one panel of 8 columns to the next
 * @param isPanels whether the last panel has 8 columns too; else b lies as a plain matrix with contiguous columns
 * @param init initial values with contiguous columns
 * @param initPanel bytes from the initial values of one panel to those of the next
 * @param copiesRows whether a is read by way of a copy in scratch memory: for transposed ones with distant rows
 */
export function multiplyBlock(
  tileRows: i32, tileColumns: i32, rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize,
  b: usize, bStep: usize, bPanel: usize, isPanels: bool,
  init: usize, initRow: usize, initPanel: usize, c: usize, cRow: usize, cColumn: usize,
  copiesRows: bool, scratch: usize,
): void {
  let initColumn: usize = 4;
  const whole = isPanels ? columns : columns & ~7;
  const panel = scratch + panelAt, copy = scratch + rowsAt;
  const visits = max(1, (k + mostSteps - 1) / mostSteps), perVisit = (k + visits - 1) / visits;
  let done = 0;
  do {
    const steps = min(perVisit, k - done);
    if (copiesRows) packRows(a, aRow, aStep, rows, steps, tileRows, copy);
    const aAt = copiesRows ? copy : a, row = copiesRows ? 4 : aRow;
    multiplyPanels(
      tileRows, tileColumns, rows, whole, steps, aAt, row, aStep, copiesRows, b, bStep, bPanel,
      init, initRow, initColumn, initPanel, c, cRow, cColumn, scratch,
    );
    if (whole < columns) {
      const before = <usize>(whole >> 3);
      packPanel(b + before * bPanel, bStep, 4, steps, columns - whole, panel);
      multiplyPanels(
        tileRows, 8, rows, columns - whole, steps, aAt, row, aStep, copiesRows, panel, 32, 0,
        init + before * initPanel, initRow, initColumn, initPanel, c + <usize>whole * cColumn, cRow, cColumn, scratch,
      );
    }
    a += <usize>steps * aStep, b += <usize>steps * bStep, done += steps;
    init = c, initRow = cRow, initColumn = cColumn, initPanel = 8 * cColumn;
  } while (done < k);
}

/** Panels outside, tiles inside, so that a panel stays near. `isCopied`: a is what packRows makes. */
function multiplyPanels(
  tileRows: i32, tileColumns: i32, rows: i32, columns: i32, k: i32, a: usize, aRow: usize, aStep: usize, isCopied: bool,
  b: usize, bStep: usize, bPanel: usize,
  init: usize, initRow: usize, initColumn: usize, initPanel: usize, c: usize, cRow: usize, cColumn: usize, spare: usize,
): void {
  for (let j = 0; j < columns;) {
    const width = cColumn == 4 && columns - j >= tileColumns ? tileColumns : 8;
    const isWhole = cColumn == 4 && columns - j >= 8;
    let aAt = a, initAt = init, cAt = c;
    for (let i = 0; i < rows;) {
      const tile = heightOf(rows - i, tileRows), height = min(tile, rows - i);
      const step = isCopied ? <usize>tile << 2 : aStep;
      if (isWhole) {
        multiplyTile(tile, width, height, k, aAt, aRow, step, b, bStep, bPanel, initAt, initRow, initPanel, cAt, cRow);
      } else {
        multiplyPartialTile(
          tile, height, min(8, columns - j), k, aAt, aRow, step, b, bStep,
          initAt, initRow, initColumn, cAt, cRow, cColumn, spare,
        );
      }
      aAt += <usize>height * (isCopied ? <usize>k << 2 : aRow);
      initAt += <usize>height * initRow, cAt += <usize>height * cRow, i += height;
    }
    const panels = <usize>(width >> 3);
    b += panels * bPanel, init += panels * initPanel, c += <usize>width * cColumn, j += width;
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
