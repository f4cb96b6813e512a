// c = a · b (+ bias), any strides, many batches.
//
// Legend: M × K times K × N. An item is a block of the result of one batch, or of one slice of K of it (the results of
// slices are added in their order by matmulSumSlices). B comes as panels of 8 columns made by matmulPackPanels, or as
// it lies where its columns are contiguous and its rows near. A is read where it lies, or, where it is transposed and
// wide, copied tile by tile into the thread's scratch memory.
// Scratch: that of a block, see block.as.ts.
// Order of summation: bias, then k = 0, 1, 2 ... within a slice; slices 0, 1, 2 ...

import { activateLines } from './activation.as';
import { multiplyBlock, spreadBias, zerosAt } from './block.as';
import { packPanel } from './pack.as';

/** An item is one panel of one batch: K rows of 8 columns, the last panel's missing columns zero. */
export function matmulPackPanels(
  b: usize, bStep: usize, bColumn: usize, bOuter: usize, bInner: usize, to: usize, n: i32, k: i32, inner: i32,
  begin: i32, end: i32,
): void {
  const panels = (n + 7) >> 3;
  for (let item = begin; item < end; item++) {
    const batch = item / panels, panel = item % panels;
    const from = b + <usize>(batch / inner) * bOuter + <usize>(batch % inner) * bInner + <usize>panel * 8 * bColumn;
    packPanel(from, bStep, bColumn, k, min(8, n - panel * 8), to + <usize>item * (<usize>k << 5));
  }
}

/**
 * @param tileRows rows of the register tiles, and `tileColumns` theirs, see registerTile.cpu.ts
 * @param bPanel bytes from one panel of 8 columns to the next: 32 where B is read where it lies
 * @param cSlice bytes from one slice's result to the next; batches are M · N elements apart
 * @param bias 0 for none; M elements if `biasByRow`, else N
 * @param copiesRows whether A's blocks are copied to scratch
 * @param activation what is applied to a block when it is complete, 0 for nothing
 */
export function matmulBlocks(
  tileRows: i32, tileColumns: i32,
  a: usize, aRow: usize, aStep: usize, aOuter: usize, aInner: usize,
  b: usize, bStep: usize, bPanel: usize, isPanels: i32, bOuter: usize, bInner: usize,
  c: usize, cRow: usize, cColumn: usize, cSlice: usize, bias: usize, biasByRow: i32,
  m: i32, n: i32, k: i32, inner: i32, batches: i32, sliceSteps: i32, blockRows: i32, blockColumns: i32, copiesRows: i32,
  activation: i32, begin: i32, end: i32, scratch: usize,
): void {
  const zeros = scratch + zerosAt;
  memory.fill(zeros, 0, 32);
  const acrossRows = (m + blockRows - 1) / blockRows, acrossColumns = (n + blockColumns - 1) / blockColumns;
  for (let item = begin; item < end; item++) {
    let rest = item;
    const column = (rest % acrossColumns) * blockColumns;
    rest /= acrossColumns;
    const row = (rest % acrossRows) * blockRows;
    rest /= acrossRows;
    const batch = rest % batches, slice = rest / batches;
    const columns = min(blockColumns, n - column), rows = min(blockRows, m - row);
    const outer = <usize>(batch / inner), within = <usize>(batch % inner);
    const first = slice * sliceSteps, steps = min(sliceSteps, k - first);
    const aAt = a + outer * aOuter + within * aInner + <usize>row * aRow + <usize>first * aStep;
    const bAt = b + outer * bOuter + within * bInner + <usize>(column >> 3) * bPanel + <usize>first * bStep;
    const cBatch = c + <usize>slice * cSlice + (<usize>batch * <usize>(m * n) << 2);
    const cAt = cBatch + <usize>row * cRow + <usize>column * cColumn;
    let init = zeros, initRow: usize = 0, initPanel: usize = 0;
    if (bias != 0 && slice == 0) {
      if (biasByRow) init = spreadBias(bias + (<usize>row << 2), rows, scratch), initRow = 32;
      else init = bias + (<usize>column << 2), initPanel = 32;
    }
    multiplyBlock(
      tileRows, tileColumns, rows, columns, steps, aAt, aRow, aStep, bAt, bStep, bPanel, isPanels != 0,
      init, initRow, initPanel, cAt, cRow, cColumn, copiesRows != 0, scratch,
    );
    // Not called where there is nothing to do: engines would compile it into this function, and take twice as long.
    if (activation == 0) continue;
    if (cColumn == 4) activateLines(activation, cAt, columns, rows, cRow);
    else activateLines(activation, cAt, rows, columns, cColumn);
  }
}

/** y = f(y) on n neighbours. An item is 4096 of them. */
export function activate(activation: i32, y: usize, n: i32, begin: i32, end: i32): void {
  activateLines(activation, y + (<usize>begin << 14), min(end << 12, n) - (begin << 12), 1, 0);
}

/** An item is 1024 elements: c = slice 0 + slice 1 + ... of partial results that are n elements long. */
export function matmulSumSlices(partial: usize, c: usize, n: i32, slices: i32, begin: i32, end: i32): void {
  const last = min(end << 10, n);
  const bytes = <usize>n << 2;
  let i = begin << 10;
  for (; i + 4 <= last; i += 4) {
    let from = partial + (<usize>i << 2);
    let sum = v128.load(from);
    for (let s = 1; s < slices; s++) {
      from += bytes;
      sum = f32x4.add(sum, v128.load(from));
    }
    v128.store(c + (<usize>i << 2), sum);
  }
  for (; i < last; i++) {
    let from = partial + (<usize>i << 2);
    let sum = load<f32>(from);
    for (let s = 1; s < slices; s++) {
      from += bytes;
      sum += load<f32>(from);
    }
    store<f32>(c + (<usize>i << 2), sum);
  }
}
