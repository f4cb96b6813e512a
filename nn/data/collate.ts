import type { TypedArray } from '../../index.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import type { HostArray } from './hostArray.ts';
import { ArgumentError, ShapeError } from '../../index.ts';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.ts';

/** What a sample may hold: numbers become float32, booleans bool, typed arrays keep their own type. */
export type SampleValue = number | boolean | TypedArray | HostArray;

/**
 * Samples of equal keys and shapes, stacked along a new first axis: `{ image: [C, Y, X] }` × B → `{ image: [B, C, Y, X] }`.
 *
 * @throws ShapeError when a sample differs from the first; ArgumentError for a value that is no number or array
 */
export function stack<T extends object>(samples: readonly T[]): Record<keyof T & string, HostTensor> {
  const batch = {} as Record<string, HostTensor>;
  for (const key of Object.keys(samples[0] ?? {})) {
    batch[key] = stackOne(
      key,
      samples.map((sample) => (sample as Record<string, unknown>)[key]),
    );
  }
  return batch;
}

function stackOne(key: string, values: readonly unknown[]): HostTensor {
  const first = valueOf(key, values[0], 0);
  const size = sizeOf(first.shape);
  const constructor = first.data.constructor as new (length: number) => TypedArray;
  const data = new constructor(size * values.length);
  values.forEach((value, i) => {
    const { dtype, shape, data: part } = i === 0 ? first : valueOf(key, value, i);
    if (dtype !== first.dtype || !sameShape(shape, first.shape)) {
      const got = `${dtype} ${formatShape(shape)} in sample ${i} and ${first.dtype} ${formatShape(first.shape)} in sample 0`;
      throw new ShapeError(`${key} is ${got}; the samples of a batch must be alike`, {
        op: 'DataLoader',
        key,
        index: i,
      });
    }
    data.set(part, i * size);
  });
  return { dtype: first.dtype, shape: [values.length, ...first.shape], data };
}

function valueOf(key: string, value: unknown, index: number): HostTensor {
  if (typeof value === 'number') return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
  if (typeof value === 'boolean') return { dtype: 'bool', shape: [], data: Uint8Array.of(Number(value)) };
  if (isTypedArray(value)) return { dtype: dtypeOf(value), shape: [value.length], data: value };
  const { shape, data, dtype } = (value ?? {}) as Partial<HostArray>;
  if (Array.isArray(shape) && isTypedArray(data) && sizeOf(shape) === data.length) {
    return { dtype: dtype ?? dtypeOf(data), shape, data };
  }
  const what = shape && isTypedArray(data) ? `an array of ${data.length} for ${formatShape(shape)}` : String(value);
  throw new ArgumentError(`${key} of sample ${index} is ${what}; use numbers, typed arrays or { shape, data }`, {
    op: 'DataLoader',
    key,
    index,
  });
}

function isTypedArray(value: unknown): value is TypedArray {
  return (
    value instanceof Float32Array ||
    value instanceof Uint8Array ||
    value instanceof Int32Array ||
    value instanceof Float64Array
  );
}

function dtypeOf(data: TypedArray): Dtype {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}
