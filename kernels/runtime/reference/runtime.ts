// The oracle's device: typed arrays on the host, float64, every op by its reference form.

import type { Dtype, TypedArray } from '../../../tensor/dtype.ts';
import type { NdArray, Runtime } from '../../../tensor/runtime.ts';
import { allocateArray } from '../../../tensor/dtype.ts';
import { forgetDevice } from '../../../tensor/runtime.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { Tensor } from '../../../tensor/tensor.ts';

export class ReferenceRuntime implements Runtime {
  readonly name = 'reference';
  readonly info = { precision: 'float64' };
  readonly dtypes: readonly Dtype[] = ['float64', 'int32', 'bool'];
  readonly floatDtype = 'float64';
  ended: string | null = null;
  #reserved = 0;

  allocate(dtype: Dtype, length: number): TypedArray {
    const array = allocateArray(dtype, length);
    this.#reserved += array.byteLength;
    return array;
  }

  free(handle: unknown): void {
    this.#reserved -= (handle as TypedArray).byteLength;
  }

  write(handle: unknown, _dtype: Dtype, offset: number, data: TypedArray): void {
    (handle as TypedArray).set(data, offset);
  }

  fill(handle: unknown, _dtype: Dtype, length: number, value: number): void {
    (handle as TypedArray).fill(value, 0, length);
  }

  async read(handle: unknown, dtype: Dtype, offset: number, length: number): Promise<TypedArray> {
    return this.readNow(handle, dtype, offset, length);
  }

  readNow(handle: unknown, dtype: Dtype, offset: number, length: number): TypedArray {
    return this.view(handle, dtype, offset, length).slice();
  }

  view(handle: unknown, _dtype: Dtype, offset: number, length: number): TypedArray {
    return (handle as TypedArray).subarray(offset, offset + length);
  }

  reserved(): number {
    return this.#reserved;
  }

  interpret(
    reference: (inputs: object, attrs: object) => NdArray | readonly NdArray[],
    inputs: object,
    attrs: object,
    targets: readonly Tensor[],
  ): void {
    const values = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, hostOf(value)]));
    const results = reference(values, attrs);
    (Array.isArray(results) ? results : [results]).forEach((result: NdArray, i) => {
      const { shape, storage, dtype, offset } = targets[i]!;
      if (result.data.length !== sizeOf(shape))
        throw new Error(`reference gave ${result.data.length} elements for [${shape.join(', ')}]`);
      this.write(storage.handle, dtype, offset, result.data);
    });
  }

  dispose(): void {
    this.ended = 'was ended by dispose()';
    forgetDevice(this);
  }
}

function hostOf(value: unknown): NdArray | readonly NdArray[] | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Tensor) return { shape: value.shape, data: value.dataNow()! };
  return (value as readonly Tensor[]).map((tensor) => ({ shape: tensor.shape, data: tensor.dataNow()! }));
}
