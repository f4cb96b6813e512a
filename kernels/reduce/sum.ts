import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes, reducedShape } from '../../tensor/shape.ts';
import { reduce } from '../runtime/reference/loops.ts';

export interface ReduceAttrs {
  /** One axis, several, or all (default). */
  axis?: number | readonly number[] | undefined;
  /** Keep the reduced axes as size 1. */
  keepDims?: boolean;
}

export const sum: Op<['x'], ReduceAttrs> = defineOp({
  name: 'sum',
  inputs: ['x'],
  attrs: { axis: undefined, keepDims: false },
  dtypes: 'numeric',
  shape: ({ x }, { axis, keepDims }) => reducedShape(x, normalizeAxes('sum', axis, x), keepDims),
  reference: ({ x }, { axis, keepDims }) => reduce(x, normalizeAxes('sum', axis, x.shape), keepDims, (values) => values.reduce((a, b) => a + b, 0)),
  backward({ grads: [g], attrs: { axis }, shapes: { x } }) {
    return { x: g.reshape(reducedShape(x, normalizeAxes('sum', axis, x), true)).expand({ shape: x }) };
  },
  samples: [{ x: [5] }, { x: [3, 4, 5], attrs: { axis: [0, 2] } }],
});
