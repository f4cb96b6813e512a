/**
 * Which key is in which slot of a query, as tables of the host that tensors are made of. Rows are query tokens, row-major
 * over the token axes; columns are slots, or all key tokens; −1 stands where the query sees no key.
 */

import type { Axis } from './window.ts';
import { windowOf, windowTable } from './window.ts';

/** One axis of a table: what the query at token i finds at column j, of 0..size−1, or −1. */
interface AxisTable {
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
  readonly entries: Int32Array;
}

/** [T, ΠK]: the key's token number. */
export function slotKeys(axes: readonly Axis[]): Int32Array {
  return crossed(axes.map((axis) => bySlot(axis, axis.length, (group, x) => group + x * axis.dilation)));
}

/** [T, ΠK]: which entry of one head's bias, row-major over its 2K − 1 per axis, the pair has. */
export function slotOffsets(axes: readonly Axis[]): Int32Array {
  return crossed(axes.map((axis) => bySlot(axis, 2 * axis.kernelSize - 1, (_, x, p) => x - p + axis.kernelSize - 1)));
}

/** [T, T]: the same with a column for each key token. */
export function pairOffsets(axes: readonly Axis[]): Int32Array {
  return crossed(axes.map(byKey));
}

function bySlot(axis: Axis, size: number, entryOf: (group: number, key: number, query: number) => number): AxisTable {
  const { length, kernelSize, dilation } = axis;
  const windows = windowTable(axis, windowOf);
  const entries = new Int32Array(length * kernelSize).fill(-1);
  for (let i = 0; i < length; i++) {
    const [start, end] = [windows[2 * i]!, windows[2 * i + 1]!];
    const p = Math.floor(i / dilation);
    for (let x = start; x < end; x++) entries[i * kernelSize + x - start] = entryOf(i % dilation, x, p);
  }
  return { rows: length, columns: kernelSize, size, entries };
}

function byKey(axis: Axis): AxisTable {
  const { length, kernelSize, dilation } = axis;
  const windows = windowTable(axis, windowOf);
  const entries = new Int32Array(length * length).fill(-1);
  for (let i = 0; i < length; i++) {
    const p = Math.floor(i / dilation);
    for (let x = windows[2 * i]!; x < windows[2 * i + 1]!; x++)
      entries[i * length + (i % dilation) + x * dilation] = x - p + kernelSize - 1;
  }
  return { rows: length, columns: length, size: 2 * kernelSize - 1, entries };
}

/** The table of all axes: entries are row-major numbers, −1 where any axis has −1. */
function crossed(tables: readonly AxisTable[]): Int32Array {
  let [rows, columns, all] = [1, 1, new Int32Array(1)];
  for (const table of tables) {
    const width = columns * table.columns;
    const next = new Int32Array(rows * table.rows * width);
    let at = 0;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < table.rows; i++) {
        for (let column = 0; column < columns; column++) {
          const outer = all[row * columns + column]!;
          for (let j = 0; j < table.columns; j++) {
            const inner = table.entries[i * table.columns + j]!;
            next[at++] = outer < 0 || inner < 0 ? -1 : outer * table.size + inner;
          }
        }
      }
    }
    [rows, columns, all] = [rows * table.rows, width, next];
  }
  return all;
}
