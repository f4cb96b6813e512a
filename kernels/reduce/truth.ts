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
