import type { Dataset } from './dataset.ts';
import { ArgumentError } from '../../index.ts';
import { kindOf } from '../../tensor/options.ts';
import { checkSize } from '../check.ts';

/** @throws ArgumentError unless `dataset` has samples by number, ShapeError unless their number is an integer */
export function checkDataset(op: string, dataset: Partial<Dataset<object>> | undefined | null): void {
  if (typeof dataset?.get !== 'function') {
    throw new ArgumentError(`dataset must be an object { size, get(index) }, got ${kindOf(dataset)}`, { op, dataset });
  }
  checkSize(op, 'dataset.size', dataset.size as number, 0);
}
