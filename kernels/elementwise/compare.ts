import type { BinaryOp } from './binary.ts';
import { binary } from './binary.ts';

function comparison(name: string, holds: (x: number, y: number) => boolean): BinaryOp {
  return binary({
    name,
    dtype: 'bool',
    reference: (x, y) => Number(holds(x, y)),
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
