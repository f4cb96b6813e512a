import type { Op } from '../../autograd/types.ts';
import type { SoftmaxAttrs } from './softmax.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { mapLines } from '../runtime/reference/loops.ts';
import { checkPair } from './pair.ts';
import { backwardCpu, forwardCpu } from './softmax.cpu.ts';

/**
 * logSoftmax(x)ᵢ = xᵢ − max x − ln Σⱼ exp(xⱼ − max x) along `axis`. x [..., n, ...] → the same shape.
 *
 * Where all of x is −∞ the result is −∞ and the gradient 0 (PyTorch: NaN). NaN gives NaN.
 *
 * @throws ShapeError when `axis` is out of range.
 */
export const logSoftmax: Op<['x'], SoftmaxAttrs> = defineOp({
  name: 'logSoftmax',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: -1 },
  shape({ x }, { axis }) {
    normalizeAxis('logSoftmax', axis, x);
    return x;
  },
  reference: ({ x }, { axis }) => mapLines([x], axis, logSoftmaxLine),
  kernels: { cpu: forwardCpu('logSoftmax') },
  saves: ['output'],
  backward: ({ grads: [g], outputs: { output }, attrs }) => ({ x: logSoftmaxBackward(output, g, attrs) }),
});

function logSoftmaxLine(line: readonly number[]): number[] {
  const largest = line.reduce((a, b) => Math.max(a, b), -Infinity);
  if (largest === -Infinity) return line.map(() => -Infinity);
  const log = Math.log(line.reduce((sum, v) => sum + Math.exp(v - largest), 0));
  return line.map((v) => v - largest - log);
}

/** dx = g − exp(y) Σ g along `axis`: the gradient of y = logSoftmax(x), from y; 0 where y is −∞ all along. */
export const logSoftmaxBackward: Op<['y', 'g'], SoftmaxAttrs> = defineOp({
  name: 'logSoftmaxBackward',
  inputs: ['y', 'g'],
  attrs: { axis: -1 },
  shape: ({ y, g }, { axis }) => checkPair('logSoftmaxBackward', y, g, axis),
  reference: ({ y, g }, { axis }) =>
    mapLines([y, g], axis, (ys, gs) => {
      if (ys.every((v) => v === -Infinity)) return ys.map(() => 0);
      const sum = gs.reduce((a, b) => a + b, 0);
      return ys.map((v, i) => gs[i]! - Math.exp(v) * sum);
    }),
  kernels: { cpu: backwardCpu('logSoftmaxBackward') },
  saves: ['y', 'g'],
  backward({ grads: [h], inputs: { y, g }, attrs: { axis }, needs }) {
    const hp = h.mul(y.exp());
    return {
      y: needs.y ? hp.mul(g.sum({ axis, keepDims: true })).neg() : null,
      g: needs.g ? h.sub(hp.sum({ axis, keepDims: true })) : null,
    };
  },
});
