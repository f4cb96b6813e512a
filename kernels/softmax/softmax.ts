import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { mapLines } from '../runtime/reference/loops.ts';
import { checkPair } from './pair.ts';
import { backwardCpu, forwardCpu } from './softmax.cpu.ts';

export interface SoftmaxAttrs {
  /** Default: the last. */
  axis?: number;
}

/**
 * softmax(x)ᵢ = exp(xᵢ − max x) / Σⱼ exp(xⱼ − max x) along `axis`. x [..., n, ...] → the same shape.
 *
 * Where all of x is −∞ the result is 0 and so is the gradient (PyTorch: NaN), so that a fully masked row of attention
 * is harmless. NaN gives NaN.
 *
 * @throws ShapeError when `axis` is out of range.
 * @example
 * softmax(tensor([1e4, 1e4, -Infinity]));          // [0.5, 0.5, 0]
 */
export const softmax: Op<['x'], SoftmaxAttrs> = defineOp({
  name: 'softmax',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: -1 },
  shape({ x }, { axis }) {
    normalizeAxis('softmax', axis, x);
    return x;
  },
  reference: ({ x }, { axis }) => mapLines([x], axis, softmaxLine),
  kernels: { cpu: forwardCpu('softmax') },
  saves: ['output'],
  backward: ({ grads: [g], outputs: { output }, attrs }) => ({ x: softmaxBackward(output, g, attrs) }),
});

function softmaxLine(line: readonly number[]): number[] {
  const largest = line.reduce((a, b) => Math.max(a, b), -Infinity);
  if (largest === -Infinity) return line.map(() => 0);
  const exponentials = line.map((v) => Math.exp(v - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((v) => v / sum);
}

/** dx = y ⊙ (g − Σ g ⊙ y) along `axis`: the gradient of y = softmax(x), from y. */
export const softmaxBackward: Op<['y', 'g'], SoftmaxAttrs> = defineOp({
  name: 'softmaxBackward',
  inputs: ['y', 'g'],
  attrs: { axis: -1 },
  shape: ({ y, g }, { axis }) => checkPair('softmaxBackward', y, g, axis),
  reference: ({ y, g }, { axis }) =>
    mapLines([y, g], axis, (ys, gs) => {
      const sum = ys.reduce((total, v, i) => total + v * gs[i]!, 0);
      return ys.map((v, i) => v * (gs[i]! - sum));
    }),
  kernels: { cpu: backwardCpu('softmaxBackward') },
  saves: ['y', 'g'],
  backward({ grads: [h], inputs: { y, g }, attrs, needs }) {
    const sums = { axis: attrs.axis, keepDims: true };
    const ofY = (): Tensor => h.mul(g.sub(g.mul(y).sum(sums))).sub(g.mul(h.mul(y).sum(sums)));
    return { y: needs.y ? ofY() : null, g: needs.g ? softmaxBackward(y, h, attrs) : null };
  },
});
