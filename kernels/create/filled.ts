import type { TensorOptions } from '../../tensor/create.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { emptyTensor, storedDtype } from '../../tensor/create.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { ArgumentError, DtypeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { resolveDevice } from '../../tensor/runtime.ts';
import { checkShape, sizeOf } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { checkRoom } from './room.ts';

/** Options of a creation whose shape is an argument. */
export type CreateOptions = Omit<TensorOptions, 'shape'>;
export const createOptions = ['dtype', 'device', 'requiresGrad'] as const;

function filled(op: string, shape: readonly number[], value: number, options: CreateOptions): Tensor {
  checkOptions(op, options, createOptions);
  const runtime = resolveDevice(options.device);
  const dtype = storedDtype(op, runtime, options.dtype ?? 'float32');
  checkFits(op, value, dtype);
  checkShape(op, shape);
  checkRoom(op, sizeOf(shape), dtype);
  const result = emptyTensor(op, runtime, shape, dtype, options.requiresGrad);
  runtime.fill(result.storage.handle, dtype, result.size, value);
  return result;
}

/** @throws DtypeError unless `dtype` holds `value` */
export function checkFits(op: string, value: number, dtype: Dtype): void {
  if (typeof value !== 'number')
    throw new ArgumentError(`value must be a number or a boolean, got ${typeof value}`, { op, value });
  if (isFloat(dtype)) return;
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, dtype === 'bool' ? 1 : 255];
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new DtypeError(`${value} does not fit ${dtype}; use an integer of ${low}..${high}`, { op, value, dtype });
}

/** All 0. */
export function zeros(shape: readonly number[], options: CreateOptions = {}): Tensor {
  return filled('zeros', shape, 0, options);
}

/** All 1. */
export function ones(shape: readonly number[], options: CreateOptions = {}): Tensor {
  return filled('ones', shape, 1, options);
}

/**
 * All `value`; a boolean makes a bool tensor.
 *
 * @throws DtypeError when `value` does not fit `dtype`
 */
export function full(shape: readonly number[], value: number | boolean, options: CreateOptions = {}): Tensor {
  if (typeof value !== 'boolean') return filled('full', shape, value, options);
  return filled('full', shape, Number(value), { dtype: 'bool', ...options });
}

/** All 0, with x's shape and, unless `options` say otherwise, its dtype and device. */
export function zerosLike(x: Tensor, options: CreateOptions = {}): Tensor {
  checkTensor('zerosLike', 'x', x);
  return filled('zerosLike', x.shape, 0, { dtype: x.dtype, device: x.device, ...options });
}

/** All 1, with x's shape and, unless `options` say otherwise, its dtype and device. */
export function onesLike(x: Tensor, options: CreateOptions = {}): Tensor {
  checkTensor('onesLike', 'x', x);
  return filled('onesLike', x.shape, 1, { dtype: x.dtype, device: x.device, ...options });
}
