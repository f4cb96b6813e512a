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
  dtypes: 'numeric',
  shape({ x }, { axis }) {
    normalizeAxis('cumsum', axis, x);
    return x;
  },
  reference: ({ x }, { axis, reverse }) =>
    mapLines([x], axis, (line) => (reverse ? running(line.toReversed()).toReversed() : running(line))),
  kernels: { cpu: cumsumCpu },
  backward: ({ grads: [g], attrs: { axis, reverse } }) => ({ x: cumsum(g, { axis, reverse: !reverse }) }),
  samples: [
    { x: [7], attrs: { axis: 0 } },
    { x: [3, 4, 5], attrs: { axis: 1 } },
    { x: [3, 67], attrs: { axis: -1, reverse: true } },
    { x: [9, 35], attrs: { axis: 0, reverse: true } },
    { x: [2, 2500], attrs: { axis: 1 } },
    { x: [300, 17], attrs: { axis: 0 } },
    { x: { shape: [4, 9], dtype: 'int32', low: -9 }, attrs: { axis: 1 } },
    { x: { shape: [9, 4], dtype: 'bool' }, attrs: { axis: 0 } },
    { x: [3, 0], attrs: { axis: 1 } },
  ],
  errors: [
    { x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' },
    { x: [], attrs: { axis: 0 }, throws: 'has no axes' },
  ],
});
