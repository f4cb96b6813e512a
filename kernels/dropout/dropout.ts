import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { defaultGenerator, philox } from '../../tensor/philox.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { seededDropoutCpu } from './dropout.cpu.ts';
import { checkShare } from '../../tensor/range.ts';
import { checkOptions } from '../../tensor/options.ts';

export interface DropoutAttrs {
  /** Probability of being dropped, 0..1. */
  p: number;
  /** 32 bits; the same seed drops the same elements. */
  seed: number;
  /** How many neighbouring elements are kept or dropped together. */
  share?: number;
}

/**
 * x / (1 − p) where the element's random bits are at least p · 2³², else 0. Group i of `share` elements has word i of
 * the generator with this seed; backward draws the same words again, so nothing is saved.
 *
 * @source Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: Philox4x32-10 with key (seed, 0) and
 *   counter ⌊i / 4⌋
 */
export const seededDropout: Op<['x'], DropoutAttrs> = defineOp({
  name: 'seededDropout',
  inputs: ['x'],
  attrs: { share: 1 },
  required: ['p', 'seed'],
  shape({ x }, { p, seed, share }) {
    const op = 'seededDropout';
    checkShare(op, { p });
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new ArgumentError(`seed must be an integer of 0..2^32-1, got ${seed}`, { op, seed });
    }
    if (!Number.isInteger(share) || share < 1 || sizeOf(x) % share !== 0) {
      throw new ShapeError(`share ${share} does not divide the ${sizeOf(x)} elements of ${formatShape(x)}`, {
        op,
        share,
      });
    }
    return x;
  },
  reference({ x }, { p, seed, share }) {
    const data = Float64Array.from(x.data, (v, i) => {
      const group = Math.floor(i / share);
      const word = philox(seed, 0, Math.floor(group / 4), 0, 0, 0)[group % 4]!;
      return word >= Math.round(p * 2 ** 32) ? v / (1 - p) : 0;
    });
    return { shape: x.shape, data };
  },
  kernels: { cpu: seededDropoutCpu },
  backward: ({ grads: [g], attrs }) => ({ x: seededDropout(g, attrs) }),
});

export interface DropoutOptions {
  /** Probability of being dropped. Default 0.5 (dropPath: 0). */
  p?: number;
  /** Without it x is left alone. Default true. */
  training?: boolean;
}

/**
 * In training each element is 0 with probability p, else x / (1 − p); otherwise x itself. The seed is the default
 * generator's next word (`manualSeed`). A dropped element is 0 whatever it was, ∞ and NaN too.
 *
 * @throws ArgumentError when p is not a probability.
 * @source Srivastava et al., "Dropout", 2014
 */
export function dropout(x: Tensor, options?: DropoutOptions): Tensor {
  checkTensor('dropout', 'x', x);
  const { p = 0.5, training = true } = checkOptions('dropout', options, ['p', 'training']);
  checkShare('dropout', { p });
  return training && p > 0 ? seededDropout(x, { p, seed: defaultGenerator.seed() }) : x.alias();
}

/**
 * Stochastic depth: in training each sample (index of the first axis) is 0 as a whole with probability p, else
 * x / (1 − p); otherwise x itself. For the branch of a residual block. x [B, ...] → the same shape.
 *
 * @throws ArgumentError when p is not a probability, ShapeError when x has no axes.
 * @source Huang et al., "Deep networks with stochastic depth", 2016; timm's DropPath
 */
export function dropPath(x: Tensor, options?: DropoutOptions): Tensor {
  checkTensor('dropPath', 'x', x);
  const { p = 0, training = true } = checkOptions('dropPath', options, ['p', 'training']);
  checkShare('dropPath', { p });
  if (x.rank === 0) throw new ShapeError('x has rank 0; it needs an axis of samples', { op: 'dropPath' });
  if (!training || p === 0 || x.size === 0) return x.alias();
  return seededDropout(x, { p, seed: defaultGenerator.seed(), share: x.size / x.shape[0]! });
}
