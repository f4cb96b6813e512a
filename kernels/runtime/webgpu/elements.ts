// How elements lie in GPU memory: bools take a word each, halves two bytes.

import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import { floatsFromHalves, halvesFromFloats } from '../../../tensor/io/half.ts';

/** Bytes of one element. */
export function widthOf(dtype: Dtype): number {
  return dtype === 'float16' ? 2 : 4;
}

/** Host values as the device has them, padded to whole words. */
export function toDevice(dtype: Dtype, data: TypedArray): ArrayBufferView {
  switch (dtype) {
    case 'float16': {
      const halves = new Uint16Array(2 * Math.ceil(data.length / 2));
      halves.set(halvesFromFloats(data));
      return halves;
    }
    case 'bool':
      return Uint32Array.from(data);
    case 'int32':
      return data instanceof Int32Array ? data : Int32Array.from(data);
    default:
      return data instanceof Float32Array ? data : Float32Array.from(data);
  }
}

/** The device's elements as host values. */
export function fromDevice(dtype: Dtype, bytes: ArrayBuffer): TypedArray {
  switch (dtype) {
    case 'float16':
      return floatsFromHalves(new Uint16Array(bytes));
    case 'bool':
      return Uint8Array.from(new Uint32Array(bytes));
    case 'int32':
      return new Int32Array(bytes);
    default:
      return new Float32Array(bytes);
  }
}
