import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { CreateOptions } from './filled.ts';
import type { Generator } from '../../tensor/philox.ts';
import { tensor } from '../../tensor/create.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { DtypeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import { checkShape, sizeOf } from '../../tensor/shape.ts';
import { createOptions } from './filled.ts';
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

/** Standard normal: mean 0, variance 1. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  return drawn('randn', shape, options, (generator, count, width) => generator.normal(count, width));
}

/** Integers low, ..., high − 1, each equally likely; int32 unless `options` say otherwise. */
export function randint(low: number, high: number, shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { generator = defaultGenerator, ...rest } = checkOptions('randint', options, randomOptions);
  checkShape('randint', shape);
  checkRoom('randint', sizeOf(shape), 'int32');
  const values = generator.integers(sizeOf(shape), low, high);
  return tensor(values, { dtype: 'int32', ...rest, shape });
}
