import type { Tensor } from '../../tensor/tensor.ts';
import type { CreateOptions } from './filled.ts';
import { tensor } from '../../tensor/create.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { createOptions } from './filled.ts';
import { checkRoom } from './room.ts';

/**
 * start, start + step, ... before `end`; `arange(end)` starts at 0. int32 when all arguments are integers, else float32.
 *
 * @throws ArgumentError when `step` is 0 or leads away from `end`
 * @example
 * arange(3);                        // [0, 1, 2]
 * arange(1, 2, 0.25);               // [1, 1.25, 1.5, 1.75]
 */
export function arange(end: number, options?: CreateOptions): Tensor;
export function arange(start: number, end: number, options?: CreateOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: CreateOptions): Tensor;
export function arange(...args: (number | CreateOptions | undefined)[]): Tensor {
  const numbers = args.filter((value) => typeof value === 'number');
  const given = args.find((value) => typeof value === 'object');
  const options = checkOptions('arange', given, createOptions);
  const [start, end, step] = numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  const count = Math.ceil((end - start) / step);
  if (!Number.isFinite(count) || count < 0) {
    const fields = { op: 'arange', start, end, step };
    throw new ArgumentError(
      `no steps of ${step} lead from ${start} to ${end}; use finite numbers and a step toward end`,
      fields,
    );
  }
  checkRoom('arange', count, 'float64'); // of which the numbers are made
  const values = Float64Array.from({ length: count }, (_, i) => start + i * step);
  const dtype = options.dtype ?? (numbers.every(Number.isInteger) ? 'int32' : 'float32');
  return tensor(values, { ...options, dtype, shape: [count] });
}

/**
 * `steps` numbers from `start` to `end`, both included, at equal distances.
 *
 * @example
 * linspace(0, 1, 5);                // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(start: number, end: number, steps: number, options: CreateOptions = {}): Tensor {
  checkOptions('linspace', options, createOptions);
  if (!Number.isInteger(steps) || steps < 0) {
    throw new ShapeError(`steps must be an integer >= 0, got ${String(steps)}`, { op: 'linspace', steps });
  }
  checkRoom('linspace', steps, 'float64');
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // From the nearer end, so that both come out exact.
  const at = (i: number): number => (2 * i < steps ? start + i * step : end - (steps - 1 - i) * step);
  const values = Float64Array.from({ length: steps }, (_, i) => at(i));
  return tensor(values, { dtype: 'float32', ...options, shape: [steps] });
}

/** The identity matrix [n, n], or its first columns or more: [n, m]. */
export function eye(n: number, options?: CreateOptions): Tensor;
export function eye(n: number, m: number, options?: CreateOptions): Tensor;
export function eye(n: number, second?: number | CreateOptions, third?: CreateOptions): Tensor {
  const m = typeof second === 'number' ? second : n;
  const options = checkOptions('eye', typeof second === 'object' ? second : third, createOptions);
  if (![n, m].every((size) => Number.isInteger(size) && size >= 0)) {
    throw new ShapeError(`sizes must be integers >= 0, got ${String(n)} and ${String(m)}`, { op: 'eye', n, m });
  }
  checkRoom('eye', n * m, 'float32');
  const values = new Float32Array(n * m);
  for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
  return tensor(values, { ...options, shape: [n, m] });
}
