import type { NoAttrs, Op } from '../../../autograd/types.ts';
import { defineOp } from '../../../autograd/op.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { ShapeError } from '../../../tensor/errors.ts';
import { formatShape, sameShape } from '../../../tensor/shape.ts';
import { contiguousCpu } from '../../layout/copy.cpu.ts';

/** Writes the elements of `source` over those of `target`, of the same shape. */
export const assign: Op<['target', 'source'], NoAttrs, []> = defineOp({
  name: 'assign',
  inputs: ['target', 'source'],
  outputs: [],
  dtypes: 'any',
  mutates: ['target'],
  shape({ target, source }) {
    if (sameShape(target, source)) return;
    const advice = 'both must have one shape';
    throw new ShapeError(`source ${formatShape(source)} does not fit target ${formatShape(target)}; ${advice}`, {
      op: 'assign',
      target,
      source,
    });
  },
  reference: ({ source }) => [{ shape: source.shape, data: source.data.slice() }],
  kernels: {
    cpu: acceptsStrides(({ target, source }) => contiguousCpu({ x: source }, {}, [target])),
  },
});
