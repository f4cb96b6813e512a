import { ArgumentError } from '../../tensor/errors.ts';

/** What becomes of the losses of a batch. */
export type Reduction = 'mean' | 'sum' | 'none';

export function checkReduction(op: string, reduction: string): void {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return;
  throw new ArgumentError(`reduction '${reduction}' is not known; use 'mean', 'sum' or 'none'`, { op, reduction });
}
