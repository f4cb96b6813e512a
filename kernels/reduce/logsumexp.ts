import type { Kernel, Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { where } from '../elementwise/where.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { reduceShape, withKeptDims } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { fillAll, inOnePass } from './passes.ts';

const logsumexpCpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, outputs) => {
  const y = outputs[0]!;
  if (x.size === 0) return fillAll(y, -Infinity);
  inOnePass(x, normalizeAxes('logsumexp', axis, x.shape), (packed, pass) =>
    temporary(4 * y.size, (shifts) => {
      fold('max', packed, [pass], shifts);
      fold('exponentials', packed, [pass], pointer(y), { shifts });
      launch('logsumexpEnd', [shifts, pointer(y)], y.size, { work: 6 });
    }),
  );
};

/**
 * ln Σ eˣ over one axis, several, or all, without overflow. Where all of x is −∞ (or there is nothing) it is −∞, and
 * the gradient 0 (PyTorch: NaN).
 */
export const logsumexp: Op<['x'], ReduceAttrs> = defineOp({
  name: 'logsumexp',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: undefined, keepDims: false },
  shape: ({ x }, attrs) => reduceShape('logsumexp', x, attrs),
  reference({ x }, { axis, keepDims }) {
    return reduce(x, normalizeAxes('logsumexp', axis, x.shape), keepDims, (values) => {
      const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
      if (Math.abs(largest) === Infinity) return largest;
      return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
    });
  },
  kernels: { cpu: logsumexpCpu },
  saves: ['x', 'output'],
  backward({ grads: [g], inputs: { x }, outputs: { output }, attrs: { axis } }) {
    const total = withKeptDims(output, x.shape, axis);
    const finite = where(total.eq(-Infinity), 0, total);
    return {
      x: x
        .sub(finite)
        .exp()
        .mul(withKeptDims(g, x.shape, axis)),
    };
  },
});
