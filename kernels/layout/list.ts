import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkTensor } from '../../tensor/tensor.ts';

/** Throws unless `tensors` is an array of at least one tensor, all of which live. */
export function checkTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    const got = Array.isArray(tensors) ? 'none' : String(tensors);
    throw new ArgumentError(`needs an array of at least one tensor, got ${got}`, { op });
  }
  tensors.forEach((x, i) => checkTensor(op, `tensor ${i}`, x));
}
