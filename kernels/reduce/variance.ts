import type { Kernel, Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ReduceAttrs } from './axes.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkFinite } from '../../tensor/range.ts';
import { scope } from '../../tensor/scope.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { pointer, temporary } from '../runtime/cpu/launch.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { degrees, reduceShape, withKeptDims } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { fillAll, inOnePass } from './passes.ts';

export interface VarianceAttrs extends ReduceAttrs {
  /** Taken from the number of elements before dividing: 1 (default) is unbiased, 0 divides by all. */
  correction?: number;
}

/** Two passes: the mean, then the squared distances from it. */
const varianceCpu: Kernel<['x'], VarianceAttrs> = ({ x }, { axis, correction }, outputs) => {
  const y = outputs[0]!;
  if (x.size === 0) return fillAll(y, NaN);
  const axes = normalizeAxes('variance', axis, x.shape);
  const divisor = degrees(x.shape, axes, correction);
  inOnePass(x, axes, (packed, pass) =>
    temporary(4 * y.size, (means) => {
      fold('sum', packed, [pass], means, { divisor: pass.n });
      fold('squares', packed, [pass], pointer(y), { shifts: means, divisor });
    }),
  );
};

/** Σ (x − mean)² / (n − correction) over one axis, several, or all. */
export const variance: Op<['x'], VarianceAttrs> = defineOp({
  name: 'variance',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: undefined, keepDims: false, correction: 1 },
  shape({ x }, attrs) {
    checkFinite('variance', { correction: attrs.correction });
    return reduceShape('variance', x, attrs);
  },
  reference({ x }, { axis, keepDims, correction }) {
    return reduce(x, normalizeAxes('variance', axis, x.shape), keepDims, (values) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return squares / Math.max(0, values.length - correction);
    });
  },
  kernels: { cpu: varianceCpu },
  saves: ['x'],
  backward({ grads: [g], inputs: { x }, attrs: { axis, correction } }) {
    const axes = normalizeAxes('variance', axis, x.shape);
    const share = withKeptDims(g.mul(2 / degrees(x.shape, axes, correction)), x.shape, axis);
    return { x: x.sub(x.mean({ axis, keepDims: true })).mul(share) };
  },
});

/** √variance: the standard deviation. */
export function std(x: Tensor, options: VarianceAttrs = {}): Tensor {
  return scope(() => variance(x, options).sqrt());
}
