// Losses of a yes or no, and of distributions.

import type { Tensor } from '../../tensor/tensor.ts';
import type { BinaryOp } from '../elementwise/binary.ts';
import type { Reduction } from './reduction.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { binary } from '../elementwise/binary.ts';
import { binaryCpu } from '../elementwise/elementwise.cpu.ts';
import { softplus } from '../elementwise/rectifiers.ts';
import { clampTo } from '../elementwise/rounding.ts';
import { where } from '../elementwise/where.ts';
import { checkPair, checkReduction, reduced } from './reduction.ts';

/** Beyond it e^−x is 0 in float64 too: `softplus` does not round sooner. */
const noThreshold = { threshold: 1000 };
const noLess = (x: number): number => Math.max(x, -100);

/** −y ln p − (1 − y) ln(1 − p), both logarithms no less than −100; the gradient's divisor p (1 − p) no less than 1e-12. */
export const binaryCrossEntropy: BinaryOp = binary({
  name: 'binaryCrossEntropy',
  dtypes: 'float',
  autocast: 'float32',
  reference: (p, y) => -(y * noLess(Math.log(p)) + (1 - y) * noLess(Math.log1p(-p))),
  cpu: binaryCpu('binaryCrossEntropy', 3),
  saves: ['x', 'y'],
  backward: (g, { x: p, y }) => ({
    x: () => g.mul(p.sub(y)).div(clampTo(p.mul(p.neg().add(1)), { min: 1e-12 })),
    y: () => g.mul(p.neg().log1p().sub(p.log())),
  }),
});

/** What `bce` may be told. */
export type BceOptions = {
  /** Factors of the losses; broadcasts to them. */
  weight?: Tensor;
  reduction?: Reduction;
};

/** What `bceWithLogits` may be told. */
export type BceWithLogitsOptions = BceOptions & {
  /** Factors of the losses of a yes; broadcasts to the logits. */
  posWeight?: Tensor;
};

/**
 * −y ln p − (1 − y) ln(1 − p) of probabilities p and targets y in [0, 1], averaged. Both have one shape. The logarithms
 * are cut at −100, so that a wrong certainty costs 100. Probabilities outside [0, 1] give NaN, since to refuse them would
 * wait for them.
 *
 * @throws ShapeError when the shapes differ
 * @example
 * bce(tensor([0.5, 0.5]), tensor([0, 1])); // 0.6931
 */
export function bce(input: Tensor, target: Tensor, options?: BceOptions): Tensor {
  const { weight, reduction = 'mean' } = checkOptions('bce', options, ['weight', 'reduction']);
  checkReduction('bce', reduction);
  checkPair('bce', input, target);
  if (weight !== undefined) checkTensor('bce', 'weight', weight);
  return scope(() => {
    const losses = binaryCrossEntropy(input, target);
    return reduced(weight ? losses.mul(weight) : losses, reduction);
  });
}

/**
 * `bce` of sigmoid(logits), without the overflow: (1 − y) x + (1 + (posWeight − 1) y) ln(1 + e^−x), averaged. Logits x
 * and targets y have one shape.
 *
 * @throws ShapeError when the shapes differ
 * @example
 * bceWithLogits(tensor([0, 100]), tensor([0, 1])); // 0.3466
 */
export function bceWithLogits(logits: Tensor, target: Tensor, options?: BceWithLogitsOptions): Tensor {
  const op = 'bceWithLogits';
  const { weight, posWeight, reduction = 'mean' } = checkOptions(op, options, ['weight', 'posWeight', 'reduction']);
  checkReduction(op, reduction);
  checkPair(op, logits, target);
  if (weight !== undefined) checkTensor(op, 'weight', weight);
  if (posWeight !== undefined) checkTensor(op, 'posWeight', posWeight);
  return scope(() => {
    // ln(1 + eˣ) − x y, which is the above for a posWeight of 1.
    const plain = (): Tensor => softplus(logits, noThreshold).sub(logits.mul(target));
    const weighed = (factor: Tensor): Tensor => {
      const share = target.mul(factor.sub(1)).add(1);
      return target
        .neg()
        .add(1)
        .mul(logits)
        .add(share.mul(softplus(logits.neg(), noThreshold)));
    };
    const losses = posWeight ? weighed(posWeight) : plain();
    return reduced(weight ? losses.mul(weight) : losses, reduction);
  });
}

/** What `klDiv` may be told; 'batchmean' divides the sum by the first axis's size. */
export type KlDivOptions = { reduction?: Reduction | 'batchmean'; logTarget?: boolean };

/**
 * The divergence of Kullback and Leibler, t (ln t − input), of logarithms of probabilities `input` from probabilities t,
 * averaged over all elements; 0 where t is 0. With `logTarget` the target is given by its logarithms too. 'batchmean' is
 * the divergence by its definition.
 *
 * @throws ShapeError when the shapes differ, ArgumentError for another reduction
 * @example
 * klDiv(tensor([[0.5, 0.5]]).log(), tensor([[0.25, 0.75]]), { reduction: 'batchmean' }); // 0.1308
 */
export function klDiv(input: Tensor, target: Tensor, options?: KlDivOptions): Tensor {
  const { reduction = 'mean', logTarget = false } = checkOptions('klDiv', options, ['reduction', 'logTarget']);
  if (reduction !== 'batchmean') checkReduction('klDiv', reduction);
  checkPair('klDiv', input, target);
  if (reduction === 'batchmean' && input.rank === 0)
    throw new ArgumentError("reduction 'batchmean' needs an axis of the batch", { op: 'klDiv', input: input.shape });
  return scope(() => {
    const logs = logTarget ? target : where(target.eq(0), 1, target).log();
    const losses = (logTarget ? target.exp() : target).mul(logs.sub(input));
    return reduction === 'batchmean' ? losses.sum().div(input.shape[0]!) : reduced(losses, reduction);
  });
}
