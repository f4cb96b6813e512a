import type { Tensor, TypedArray } from '../index.ts';
import type { ElementType } from './handles.ts';
import { allocateArray } from '../tensor/dtype.ts';

/** The elements of a contiguous tensor where MPI reads and writes them. */
export interface HostMemory<T> {
  /** The tensor's own where the device's memory is the host's; else an array beside it. */
  readonly elements: T;
  /** Takes what MPI wrote as the tensor's elements. */
  readonly written: () => void;
}

/** With the tensor's values. Those of a GPU are read through its runtime's mapped buffers, which are used again. */
export function hostMemoryOf(op: string, x: Tensor): HostMemory<TypedArray | Promise<TypedArray>> {
  const { storage, dtype, offset, size } = x;
  const own = viewOf(x);
  if (own) return { elements: own, written: () => storage.written(op) };
  let copy: TypedArray;
  const elements = storage.runtime.read(storage.handle, dtype, offset, size).then((values) => (copy = values));
  return { elements, written: () => write(op, x, copy) };
}

/** Without values, for a tensor that is to be written. */
export function blankMemoryOf(op: string, x: Tensor): HostMemory<TypedArray> {
  const own = viewOf(x);
  if (own) return { elements: own, written: () => undefined };
  const elements = allocateArray(x.dtype, x.size);
  return { elements, written: () => write(op, x, elements) };
}

function viewOf({ storage: { runtime, handle }, dtype, offset, size }: Tensor): TypedArray | undefined {
  return runtime.view?.(handle, dtype, offset, size);
}

function write(op: string, { storage, dtype, offset }: Tensor, values: TypedArray): void {
  storage.runtime.write(storage.handle, dtype, offset, values);
  storage.written(op);
}

/** What MPI calls the elements of an array. */
export function elementTypeOf(array: TypedArray): ElementType {
  if (array instanceof Float32Array) return 'float';
  if (array instanceof Float64Array) return 'double';
  return array instanceof Int32Array ? 'int32_t' : 'uint8_t';
}
