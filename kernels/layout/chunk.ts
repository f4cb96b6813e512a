import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { split } from './split.ts';

/**
 * x cut along `axis` (default the first) into `count` parts of equal size, without a copy. Where the axis does not divide, the
 * last part is smaller and there may be fewer parts, as in PyTorch.
 *
 * @throws ArgumentError unless `count` is an integer of at least 1
 * @example
 * const [gate, value] = chunk(zeros([2, 6]), 2, { axis: -1 });
 * value.shape; // [2, 3]
 * chunk(zeros([5]), 4).map((part) => part.size); // [2, 2, 1]
 */
export function chunk(x: Tensor, count: number, options?: { axis?: number }): Tensor[] {
  const op = 'chunk';
  checkTensor(op, 'x', x);
  const { axis = 0 } = checkOptions(op, options, ['axis']);
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`count must be an integer >= 1, got ${String(count)}`, { op, count });
  const n = x.shape[normalizeAxis(op, axis, x.shape)]!;
  return split(x, { sizes: n === 0 ? new Array<number>(count).fill(0) : Math.ceil(n / count), axis });
}
