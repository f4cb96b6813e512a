import type { TypedArray } from '../../../tensor/dtype.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import { ArgumentError } from '../../../tensor/errors.ts';
import { engine } from './instance.ts';
import { pointer } from './launch.ts';

/**
 * The elements of a contiguous tensor of the `cpu` device, in place: what a kernel written in JavaScript reads and
 * writes. Valid until the next allocation, which may move the memory.
 *
 * @throws ArgumentError when x has gaps; DisposedError when x lives on another device
 * @example
 * const cube = defineOp({
 *   name: 'cube',
 *   inputs: ['x'],
 *   shape: ({ x }) => x,
 *   reference: ({ x }) => ({ shape: x.shape, data: x.data.map((v) => v ** 3) }),
 *   kernels: { cpu: ({ x }, _attrs, [y]) => elements(y).set(elements(x).map((v) => v ** 3)) },
 *   samples: [{ x: [5] }],
 * });
 * cube(tensor([1, 2, 3])); // [1, 8, 27]
 */
export function elements(x: Tensor): TypedArray {
  if (!x.isContiguous) throw new ArgumentError(`${String(x)} has gaps; use contiguous()`, { op: 'elements' });
  const address = pointer(x);
  const { buffer } = engine().memory;
  if (x.dtype === 'float32') return new Float32Array(buffer, address, x.size);
  if (x.dtype === 'int32') return new Int32Array(buffer, address, x.size);
  return new Uint8Array(buffer, address, x.size);
}
