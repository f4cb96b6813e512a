/**
 * Who sees whom, as tensors: rows are query tokens, columns the slots of each, or all key tokens. Both are row-major
 * over the token axes. Each axis has a small table of its own, and the device puts them together.
 */

import type { Device } from '../../tensor/runtime.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Axis } from './window.ts';
import { tensor } from '../../tensor/create.ts';
import { where } from '../elementwise/where.ts';
import { windowOf, windowTable } from './window.ts';

/** What the columns are: [T, ΠK] or [T, T]. */
export type Columns = 'slots' | 'keys';

/** Whether some row does not see some column. */
export function hasUnseen(axes: readonly Axis[], columns: Columns): boolean {
  return axes.some(({ length, kernelSize, isCausal }) => isCausal || (columns === 'keys' && kernelSize < length));
}

/** bool: whether the query sees the key. */
export function seenTable(axes: readonly Axis[], columns: Columns, device: Device): Tensor {
  const tables = axes.map((axis) => filledAxis(axis, columns, new Uint8Array(sizeOf(axis, columns)), () => 1));
  const made = tables.map((data, i) => tensor(data, { shape: shapeOf(axes[i]!, columns), dtype: 'bool', device }));
  return crossed(made, (a, b) => where(a, b, 0));
}

/** int32: the entry of one head's bias, row-major over its 2K − 1 per axis; any where the query does not see the key. */
export function offsetTable(axes: readonly Axis[], columns: Columns, device: Device): Tensor {
  const sizes = axes.map(({ kernelSize }) => 2 * kernelSize - 1);
  return numbered(axes, columns, sizes, device, ({ kernelSize }, query, key) => key - query + kernelSize - 1);
}

/** int32 [T, ΠK]: the token number of each slot's key, or of some other where there is none. */
export function slotKeys(axes: readonly Axis[], device: Device): Tensor {
  const sizes = axes.map(({ length }) => length);
  return numbered(axes, 'slots', sizes, device, ({ dilation }, _query, key, group) => group + key * dilation);
}

type EntryOf = (axis: Axis, query: number, key: number, group: number) => number;

/** Entries of one number per axis, of 0 … size − 1 each, as one row-major number. */
function numbered(
  axes: readonly Axis[],
  columns: Columns,
  sizes: readonly number[],
  device: Device,
  entryOf: EntryOf,
): Tensor {
  const made = axes.map((axis, i) => {
    const step = sizes.slice(i + 1).reduce((a, b) => a * b, 1);
    const data = new Int32Array(sizeOf(axis, columns));
    filledAxis(axis, columns, data, (...pair) => step * entryOf(...pair));
    return tensor(data, { shape: shapeOf(axis, columns), device });
  });
  return crossed(made, (a, b) => a.add(b));
}

function shapeOf({ length, kernelSize }: Axis, columns: Columns): [number, number] {
  return [length, columns === 'slots' ? kernelSize : length];
}

function sizeOf(axis: Axis, columns: Columns): number {
  const [rows, width] = shapeOf(axis, columns);
  return rows * width;
}

/** `table` with the entries of the pairs that see each other; positions are those in the dilation group. */
function filledAxis<T extends Uint8Array | Int32Array>(axis: Axis, columns: Columns, table: T, entryOf: EntryOf): T {
  const { length, dilation } = axis;
  const [, width] = shapeOf(axis, columns);
  const windows = windowTable(axis, windowOf);
  for (let token = 0; token < length; token++) {
    const [start, end] = [windows[2 * token]!, windows[2 * token + 1]!];
    const group = token % dilation;
    for (let key = start; key < end; key++) {
      const column = columns === 'slots' ? key - start : group + key * dilation;
      table[token * width + column] = entryOf(axis, Math.floor(token / dilation), key, group);
    }
  }
  return table;
}

/** The axes' tables [rows, columns] as one, of all rows times all columns. */
function crossed(tables: readonly Tensor[], join: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const [rows, columns] = [0, 1].map((side) => tables.reduce((n, { shape }) => n * shape[side]!, 1)) as [
    number,
    number,
  ];
  const spread = tables.map((table, i) => {
    const ones = tables.flatMap(() => [1, 1]);
    return table.reshape(ones.with(i, table.shape[0]!).with(tables.length + i, table.shape[1]!));
  });
  return spread.reduce(join).reshape([rows, columns]);
}
