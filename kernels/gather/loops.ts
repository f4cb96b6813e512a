// For the reference forms. No fast kernel imports this file.

import type { NdArray } from '../../tensor/runtime.ts';
import { indexError } from '../../tensor/indexError.ts';

/** The index at flat `position`, checked. */
export function indexAt(op: string, index: NdArray, position: number, size: number): number {
  const value = index.data[position]!;
  if (value >= 0 && value < size) return value;
  throw indexError(op, 'index', value, position, index.shape, size);
}
