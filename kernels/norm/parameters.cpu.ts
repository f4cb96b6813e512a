import type { Tensor } from '../../tensor/tensor.ts';
import { pointer, temporary } from '../runtime/cpu/launch.ts';

/** Calls `body` with the addresses of weight and bias, n floats each: ones and zeros stand for missing ones. */
export function parameterPointers(
  x: Tensor,
  n: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  body: (weight: number, bias: number) => void,
): void {
  if (weight && bias) return body(pointer(weight), pointer(bias));
  temporary(8 * n, (address) => {
    const { runtime } = x.storage;
    runtime.fill(address, 'float32', n, 1);
    runtime.fill(address + 4 * n, 'float32', n, 0);
    body(weight ? pointer(weight) : address, bias ? pointer(bias) : address + 4 * n);
  });
}
