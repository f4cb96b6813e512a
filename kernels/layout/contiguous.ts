import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { contiguousCpu } from './copy.cpu.ts';

/** A copy of x whose elements lie in row-major order. */
export const contiguous: Op<['x']> = defineOp({
  name: 'contiguous',
  inputs: ['x'],
  dtypes: 'any',
  shape: ({ x }) => x,
  reference: ({ x }) => ({ shape: x.shape, data: x.data.slice() }),
  kernels: { cpu: contiguousCpu },
  backward: ({ grads: [g] }) => ({ x: g }),
});
