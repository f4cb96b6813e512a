import { DtypeError } from './errors.ts';

/** Element types. float64 lives on the reference device only, float16 on WebGPU with `shader-f16`. */
export type Dtype = 'float32' | 'float16' | 'float64' | 'int32' | 'uint8' | 'bool';

/** Host arrays of elements: what `Tensor.data()` gives. bool and uint8 are both `Uint8Array`. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Bytes of one element in host memory. */
export const byteSize: Readonly<Record<Dtype, number>> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
};

/** The order of promotion: of two dtypes the one further right wins. */
const order: readonly Dtype[] = ['bool', 'uint8', 'int32', 'float16', 'float32', 'float64'];

/** The dtype that holds both: bool < uint8 < int32 < float16 < float32 < float64. */
export function promote(a: Dtype, b: Dtype): Dtype {
  return a === b || order.indexOf(a) > order.indexOf(b) ? a : b;
}

export function isFloat(dtype: Dtype): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

/** Throws unless `dtype` is one of the six names. */
export function checkDtype(op: string, dtype: string): asserts dtype is Dtype {
  if (!order.includes(dtype as Dtype)) {
    throw new DtypeError(`'${dtype}' is not a dtype; use one of ${order.join(', ')}`, { op, dtype });
  }
}

/** A zeroed host array for `length` elements. float16 travels as float32. */
export function allocateArray(dtype: Dtype, length: number): TypedArray {
  switch (dtype) {
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
    case 'float32':
    case 'float16':
      return new Float32Array(length);
  }
}
