import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { CreateOptions } from './filled.ts';
import type { Generator } from '../../tensor/philox.ts';
import type { NormalBounds } from './normal.ts';
import { tensor } from '../../tensor/create.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { ArgumentError, DtypeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { scope } from '../../tensor/scope.ts';
import { checkShape, sizeOf } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { castTo } from '../elementwise/cast.ts';
import { lt } from '../elementwise/compare.ts';
import { createOptions } from './filled.ts';
import { drawTruncNormal } from './normal.ts';
import { checkRoom } from './room.ts';

export interface RandomOptions extends CreateOptions {
  /** Where the random bits come from. Default: the generator that `manualSeed` restarts. */
  generator?: Generator;
}
const randomOptions = [...createOptions, 'generator'] as const;

/** Draws on the host with the width that was asked for, so that every device gets the same values. */
function drawn(
  op: string,
  shape: readonly number[],
  given: RandomOptions,
  draw: (generator: Generator, count: number, width: 'float32' | 'float64') => Float32Array | Float64Array,
): Tensor {
  const { generator = defaultGenerator, ...options } = checkOptions(op, given, randomOptions);
  checkShape(op, shape);
  const dtype: Dtype = options.dtype ?? 'float32';
  if (!isFloat(dtype)) {
    throw new DtypeError(`gives reals, got dtype '${dtype}'; use randint, or cast the result`, { op, dtype });
  }
  const width = dtype === 'float64' ? 'float64' : 'float32';
  checkRoom(op, sizeOf(shape), width);
  const values = draw(generator, sizeOf(shape), width);
  return tensor(values, { ...options, dtype, shape });
}

/** Uniform over [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return drawn('rand', shape, options, (generator, count, width) => generator.uniform(count, width));
}

/**
 * Uniform from `low` on, below `high` (rounding to the dtype may reach it).
 *
 * @throws ArgumentError unless low ≤ high, both finite
 * @example
 * uniform(-1, 1, [2, 3]).shape; // [2, 3]
 */
export function uniform(low: number, high: number, shape: readonly number[], options: RandomOptions = {}): Tensor {
  if (!(low <= high) || !Number.isFinite(high - low)) {
    const got = `low ${String(low)} and high ${String(high)}`;
    throw new ArgumentError(`${got} bound no numbers; both must be finite, low <= high`, { op: 'uniform', low, high });
  }
  return drawn('uniform', shape, options, (generator, count, width) =>
    generator.uniform(count, width).map((u) => low + u * (high - low)),
  );
}

/** Standard normal: mean 0, variance 1. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return drawn('randn', shape, options, (generator, count, width) => generator.normal(count, width));
}

/** Integers low, ..., high − 1, each equally likely; int32 unless `options` say otherwise. */
export function randint(low: number, high: number, shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator, ...rest } = checkOptions('randint', options, randomOptions);
  checkShape('randint', shape);
  checkRoom('randint', sizeOf(shape), 'int32');
  const values = generator.integers(sizeOf(shape), low, high, 'randint');
  return tensor(values, { dtype: 'int32', ...rest, shape });
}

export interface TruncNormalOptions extends RandomOptions, NormalBounds {}

/**
 * Normal, but within [low, high] (default ±2): the inverse of the distribution's integral at uniform numbers, PyTorch's method.
 *
 * @throws ArgumentError for a negative std, or low above high
 * @example
 * truncNormal([64, 64], { std: 0.02 }).shape; // [64, 64]
 */
export function truncNormal(shape: readonly number[], options: TruncNormalOptions = {}): Tensor {
  const op = 'truncNormal';
  checkOptions(op, options, [...randomOptions, 'mean', 'std', 'low', 'high']);
  const { mean: _mean, std: _std, low: _low, high: _high, ...rest } = options;
  return drawn(op, shape, rest, (generator, count) => drawTruncNormal(op, generator, count, options));
}

/**
 * 1 with the probability that x gives, else 0, for each element: x's shape, dtype and device. No gradient flows. Probabilities
 * below 0 count as 0, NaN too, and those above 1 as 1 (PyTorch checks them, which would wait for the device here).
 *
 * @throws DtypeError when x is not real
 * @example
 * bernoulli(full([2, 3], 1)); // [[1, 1, 1], [1, 1, 1]]
 */
export function bernoulli(x: Tensor, options: { generator?: Generator } = {}): Tensor {
  const op = 'bernoulli';
  checkTensor(op, 'x', x);
  checkOptions(op, options, ['generator']);
  if (!isFloat(x.dtype)) throw new DtypeError(`x must hold real probabilities, got ${x.dtype}`, { op, dtype: x.dtype });
  return scope(() => {
    const drawn = rand(x.shape, { ...options, dtype: 'float32', device: x.device });
    return castTo(lt(drawn, x), { dtype: x.dtype });
  });
}

/**
 * 0, ..., n − 1 in random order, each order equally likely; int32 unless `options` say otherwise.
 *
 * @throws ShapeError unless n is an integer of at least 0
 * @example
 * randperm(5).shape; // [5]
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator, ...rest } = checkOptions('randperm', options, randomOptions);
  checkShape('randperm', [n]);
  checkRoom('randperm', n, 'int32');
  return tensor(generator.permutation(n), { dtype: 'int32', ...rest });
}
