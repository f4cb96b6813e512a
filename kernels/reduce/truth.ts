import type { Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { reduceShape } from './axes.ts';
import { truthCpu } from './truth.cpu.ts';

function truth(name: 'any' | 'all'): Op<['x:any'], ReduceAttrs> {
  const holds = (values: readonly number[]): boolean =>
    name === 'any' ? values.some((value) => value !== 0) : values.every((value) => value !== 0);
  return defineOp<['x:any'], ReduceAttrs>({
    name,
    inputs: ['x:any'],
    attrs: { axis: undefined, keepDims: false },
    dtype: () => 'bool',
    shape: ({ x }, attrs) => reduceShape(name, x, attrs),
    reference: ({ x }, { axis, keepDims }) =>
      reduce(x, normalizeAxes(name, axis, x.shape), keepDims, (values) => Number(holds(values))),
    kernels: { cpu: truthCpu(name) },
    samples: [
      { x: { shape: [5], values: [0, -0, NaN, 0, 0] } },
      { x: [] },
      { x: { shape: [3, 4, 5], dtype: 'bool' }, attrs: { axis: [0, 2] } },
      { x: { shape: [3, 4, 5], dtype: 'int32', low: -1, high: 2 }, attrs: { axis: 1, keepDims: true } },
      { x: { shape: [9, 67], dtype: 'int32', high: 60 }, attrs: { axis: -1 } },
      { x: { shape: [3, 270], dtype: 'uint8', high: 200 }, attrs: { axis: -1 } },
      { x: { shape: [270, 7], dtype: 'int32', high: 150 }, attrs: { axis: 0 } },
      { x: { shape: [40, 37], dtype: 'int32', high: 60 }, attrs: { axis: 0 } },
      { x: { shape: [30, 35], dtype: 'uint8', high: 40 }, attrs: { axis: 0 } },
      { x: [3, 0], attrs: { axis: 1 } },
    ],
    errors: [{ x: [5], attrs: { axis: 1 }, throws: 'axis 1 is out of range' }],
  });
}

/**
 * Whether an element over one axis, several, or all is not 0, as a bool; NaN is not 0. False over nothing.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * any(tensor([[0, 2], [0, 0]]), { axis: 1 }); // [true, false]
 */
export const any: Op<['x:any'], ReduceAttrs> = truth('any');

/**
 * Whether every element over one axis, several, or all is not 0: as `any`. True over nothing.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * all(tensor([[1, 2], [0, 3]]), { axis: 1 }); // [true, false]
 */
export const all: Op<['x:any'], ReduceAttrs> = truth('all');
