import type { Tensor } from '../../index.ts';
import type { Batch } from './batch.ts';
import type { CommonOptions, ParamsInput } from './optimizer.ts';
import { adagradStep } from '../../kernels/index.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { constant } from '../init.ts';
import { Optimizer } from './optimizer.ts';

export interface AdagradOptions extends CommonOptions {
  /** The rate of step t is lr / (1 + (t − 1) · lrDecay). Default 0. */
  lrDecay: number;
  /** The share of a parameter that is added to its gradient. Default 0. */
  weightDecay: number;
  /** What the sums of squares begin with. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the root of the sum. Default 1e-10. */
  eps: number;
}

/**
 * Adagrad: g ← g + weightDecay · p; s ← s + g²; p ← p − lr · g / (√s + eps).
 *
 * @param params - tensors, or groups `{ params, lr, ... }` with options of their own
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Duchi, Hazan and Singer 2011. PyTorch: `torch.optim.Adagrad`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.Adagrad(model.parameters(), { lr: 0.1 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(params: ParamsInput<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(params, { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 }, options);
  }

  protected override check({ lr, lrDecay, weightDecay, initialAccumulatorValue, eps }: AdagradOptions): void {
    checkNonNegative('Adagrad', { lr, lrDecay, weightDecay, initialAccumulatorValue, eps });
  }

  protected override remembers(): readonly string[] {
    return ['sum'];
  }

  protected override update(
    { params, grads, tensors, step }: Batch,
    { lr, lrDecay, weightDecay, initialAccumulatorValue, eps }: AdagradOptions,
    overflow: Tensor | undefined,
  ): void {
    const sums = tensors['sum']!;
    if (step === 1 && initialAccumulatorValue !== 0) sums.forEach((sum) => constant(sum, initialAccumulatorValue));
    adagradStep(params, grads, sums, overflow, { lr, lrDecay, weightDecay, eps, step });
  }
}
