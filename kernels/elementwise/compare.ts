import type { BinaryOp } from './binary.ts';
import { binary } from './binary.ts';

function comparison(name: string, holds: (x: number, y: number) => boolean): BinaryOp {
  return binary({
    name,
    dtype: 'bool',
    reference: (x, y) => Number(holds(x, y)),
    samples: [
      { x: [7], y: [7] },
      { x: { shape: [3, 1, 5], dtype: 'int32', high: 3 }, y: { shape: [4, 1], dtype: 'int32', high: 3 } },
      {
        x: { shape: [6], values: [0, -0, 1, NaN, Infinity, 2] },
        y: { shape: [6], values: [-0, 0, NaN, NaN, Infinity, 1] },
      },
      { x: { shape: [2, 67], dtype: 'bool' }, y: { shape: [], dtype: 'int32', values: [1] } },
      { x: [2, 0], y: [1] },
    ],
  });
}

/** x = y as a bool; NaN equals nothing. */
export const eq: BinaryOp = comparison('eq', (x, y) => x === y);
/** x ≠ y as a bool. */
export const ne: BinaryOp = comparison('ne', (x, y) => x !== y);
/** x < y as a bool. */
export const lt: BinaryOp = comparison('lt', (x, y) => x < y);
/** x ≤ y as a bool. */
export const le: BinaryOp = comparison('le', (x, y) => x <= y);
/** x > y as a bool. */
export const gt: BinaryOp = comparison('gt', (x, y) => x > y);
/** x ≥ y as a bool. */
export const ge: BinaryOp = comparison('ge', (x, y) => x >= y);
