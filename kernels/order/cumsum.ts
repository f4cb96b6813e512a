import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { mapLines } from '../runtime/reference/loops.ts';
import { cumsumCpu } from './cumsum.cpu.ts';

export interface CumsumAttrs {
  axis: number;
  /** From the end instead of the start. */
  reverse?: boolean;
}

function running(line: readonly number[]): number[] {
  let sum = 0;
  return line.map((value) => (sum += value));
}

/**
 * Running sums along `axis`: element k becomes the sum of elements 0 … k. bool and uint8 are counted in int32, which wraps around.
 * The gradient is the running sum from the other end.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * cumsum(tensor([1, 2, 3]), { axis: 0 }); // [1, 3, 6]
 * cumsum(tensor([1, 2, 3]), { axis: 0, reverse: true }); // [6, 5, 3]
 */
export const cumsum: Op<['x'], CumsumAttrs> = defineOp({
  name: 'cumsum',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { reverse: false },
  required: ['axis'],
  dtypes: 'numeric',
  shape({ x }, { axis }) {
    normalizeAxis('cumsum', axis, x);
    return x;
  },
  reference: ({ x }, { axis, reverse }) =>
    mapLines([x], axis, (line) => (reverse ? running(line.toReversed()).toReversed() : running(line))),
  kernels: { cpu: cumsumCpu },
  backward: ({ grads: [g], attrs: { axis, reverse } }) => ({ x: cumsum(g, { axis, reverse: !reverse }) }),
});
