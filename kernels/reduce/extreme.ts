import type { Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { reduceShape, withKeptDims } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { passesOf } from './passes.ts';

function extreme(name: 'max' | 'min', further: (a: number, b: number) => number): Op<['x'], ReduceAttrs> {
  return defineOp<['x'], ReduceAttrs, ['output'], 'x' | 'output'>({
    name,
    inputs: ['x'],
    attrs: { axis: undefined, keepDims: false },
    dtypes: 'numeric',
    shape: ({ x }, attrs) => reduceShape(name, x, attrs, true),
    reference: ({ x }, { axis, keepDims }) =>
      reduce(x, normalizeAxes(name, axis, x.shape), keepDims, (values) => values.reduce(further)),
    kernels: {
      cpu: ({ x }, { axis }, [y]) => fold(name, x, passesOf(x.shape, normalizeAxes(name, axis, x.shape)), pointer(y!)),
    },
    saves: ['x', 'output'],
    backward({ grads: [g], inputs: { x }, outputs: { output }, attrs: { axis } }) {
      const chosen = x.eq(withKeptDims(output, x.shape, axis)).cast('float32');
      const share = withKeptDims(g, x.shape, axis).div(chosen.sum({ axis, keepDims: true }));
      return { x: chosen.mul(share) };
    },
  });
}

/**
 * The largest element over one axis, several, or all; NaN if one is NaN. The largest share the gradient evenly (as
 * PyTorch's `amax`).
 *
 * @throws ShapeError over nothing
 */
export const max: Op<['x'], ReduceAttrs> = extreme('max', (a, b) => Math.max(a, b));

/** The smallest element over one axis, several, or all: as `max`. */
export const min: Op<['x'], ReduceAttrs> = extreme('min', (a, b) => Math.min(a, b));
