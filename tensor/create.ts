import type { Dtype, TypedArray } from './dtype.ts';
import type { Device, DeviceName, Runtime } from './runtime.ts';
import type { Shape } from './shape.ts';
import { allocateArray, checkDtype } from './dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from './errors.ts';
import { resolveDevice } from './runtime.ts';
import { checkShape, formatShape, sameShape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';
import { Variable } from './variable.ts';
import { checkOptions } from './options.ts';

export interface TensorOptions {
  /** Of typed arrays; nested arrays have their own. */
  shape?: readonly number[];
  /** Default: float32 for numbers, bool for booleans, the typed array's own for typed arrays. */
  dtype?: Dtype;
  /** Default: `setDefaultDevice`'s, which starts as 'cpu'. */
  device?: Device | DeviceName;
  /** Collect `.grad` in `backward()`. */
  requiresGrad?: boolean;
}

/**
 * A tensor of the given values: a number, a boolean, nested arrays, or a typed array with its shape.
 *
 * Numbers become float32 (float64 on the reference device), booleans bool, integer arrays int32, Uint8Array uint8.
 *
 * @throws ShapeError for ragged arrays or a shape that does not hold the data; DtypeError for values the dtype cannot hold.
 * @example
 * tensor([[1, 2, 3], [4, 5, 6]]).shape;                               // [2, 3]
 * tensor(new Float32Array(6), { shape: [2, 3], requiresGrad: true });
 */
export function tensor(
  data: number | boolean | readonly unknown[] | ArrayBufferView,
  options: TensorOptions = {},
): Tensor {
  checkOptions('tensor', options, ['shape', 'dtype', 'device', 'requiresGrad']);
  const runtime = resolveDevice(options.device);
  const { values, shape, natural } = ArrayBuffer.isView(data)
    ? fromView(data, options.shape)
    : fromNested(data, options.shape);
  const dtype = storedDtype('tensor', runtime, options.dtype ?? natural);
  const elements = convert(values, dtype);
  const result = emptyTensor('tensor', runtime, shape, dtype, options.requiresGrad);
  runtime.write(result.storage.handle, dtype, 0, elements);
  return result;
}

/** A tensor with unset elements, after the checks that every creation owes. */
export function emptyTensor(op: string, runtime: Runtime, shape: Shape, dtype: Dtype, requiresGrad = false): Tensor {
  checkShape(op, shape);
  if (requiresGrad && dtype !== runtime.floatDtype && dtype !== 'float16') {
    throw new DtypeError(`only floating point tensors can require a gradient, got ${dtype}`, { op, dtype });
  }
  return Tensor.empty(runtime, dtype, [...shape], requiresGrad ? new Variable(null, 0) : null);
}

/** What a request for `dtype` becomes on `runtime`: reals take the device's own width, uint8 becomes int32 where there is none. */
export function storedDtype(op: string, runtime: Runtime, dtype: Dtype): Dtype {
  checkDtype(op, dtype);
  if (runtime.dtypes.includes(dtype)) return dtype;
  if (dtype === 'float32' || dtype === 'float64') return runtime.floatDtype;
  if (dtype === 'uint8') return 'int32';
  throw new DtypeError(`${dtype} is not stored on '${runtime.name}'; use one of ${runtime.dtypes.join(', ')}`, {
    op,
    dtype,
    device: runtime.name,
  });
}

interface HostValues {
  values: ArrayLike<number>;
  shape: Shape;
  natural: Dtype;
}

function fromView(view: ArrayBufferView, shape: Shape | undefined): HostValues {
  if (view instanceof DataView)
    throw new DtypeError('a DataView has no element type; pass a typed array', { op: 'tensor' });
  const values =
    view instanceof BigInt64Array || view instanceof BigUint64Array ? Array.from(view, Number) : (view as TypedArray);
  if (shape) checkHolds(shape, values.length);
  return {
    values,
    shape: shape ?? [values.length],
    natural: naturalDtypes[(view as TypedArray)[Symbol.toStringTag]] ?? 'int32',
  };
}

/** Of the typed arrays whose elements are not taken for int32. float16 is not stored everywhere, so it must be asked for. */
const naturalDtypes: Readonly<Record<string, Dtype>> = {
  Float16Array: 'float32',
  Float32Array: 'float32',
  Float64Array: 'float64',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
};

function checkHolds(shape: Shape, length: number): void {
  checkShape('tensor', shape);
  if (sizeOf(shape) === length) return;
  const message = `shape ${formatShape(shape)} holds ${sizeOf(shape)} elements, the array has ${length}`;
  throw new ShapeError(message, { op: 'tensor', shape, length });
}

function fromNested(data: number | boolean | readonly unknown[], shape: Shape | undefined): HostValues {
  const natural: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) natural.push(level.length);
  const values: number[] = [];
  let booleans = 0;
  const walk = (item: unknown, axis: number): void => {
    if (Array.isArray(item) && axis < natural.length && item.length === natural[axis]) {
      for (const inner of item) walk(inner, axis + 1);
    } else if (axis === natural.length && (typeof item === 'number' || typeof item === 'boolean')) {
      if (typeof item === 'boolean') booleans++;
      values.push(Number(item));
    } else {
      refuseNested(item, axis, natural);
    }
  };
  walk(data, 0);
  if (shape && natural.length === 1) checkHolds(shape, values.length);
  else if (shape && !sameShape(shape, natural)) {
    const message = `the nested arrays have shape ${formatShape(natural)}, not [${String(shape)}]`;
    throw new ShapeError(message, { op: 'tensor', shape, natural });
  }
  return {
    values,
    shape: shape ?? natural,
    natural: values.length > 0 && booleans === values.length ? 'bool' : 'float32',
  };
}

function refuseNested(item: unknown, axis: number, expected: Shape): never {
  if (Array.isArray(item) || axis < expected.length) {
    const got = Array.isArray(item) ? `an array of ${item.length}` : String(item);
    const wanted = axis < expected.length ? `an array of ${expected[axis]}` : 'a number';
    throw new ShapeError(`the nested arrays are ragged: ${got} at depth ${axis} where ${wanted} was expected`, {
      op: 'tensor',
      axis,
    });
  }
  throw new ArgumentError(`${typeof item} is not a value of a tensor; use numbers or booleans`, { op: 'tensor', item });
}

/** Host values as elements of `dtype`; integers that do not fit are refused, not wrapped. */
function convert(values: ArrayLike<number>, dtype: Dtype): TypedArray {
  const direct =
    values instanceof Float32Array ||
    values instanceof Float64Array ||
    values instanceof Int32Array ||
    values instanceof Uint8Array;
  const out = allocateArray(dtype, 0);
  if (direct && dtype !== 'bool' && values.constructor === out.constructor) return values;
  const result = allocateArray(dtype, values.length);
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'float16') {
    result.set(values);
    return result;
  }
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (dtype !== 'bool' && (!Number.isInteger(value) || value < low || value > high)) {
      throw new DtypeError(`${value} at position ${i} does not fit ${dtype}; use integers in ${low}..${high}`, {
        op: 'tensor',
        value,
        dtype,
      });
    }
    result[i] = dtype === 'bool' ? Number(value !== 0) : value;
  }
  return result;
}
