import type { Tensor } from '../../index.ts';
import type { Batch } from './batch.ts';
import type { CommonOptions, ParamsInput } from './optimizer.ts';
import { lionStep } from '../../kernels/index.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { checkBetas } from './betas.ts';
import { Optimizer } from './optimizer.ts';

export interface LionOptions extends CommonOptions {
  /** The shares of the running mean in what gives the direction, and in the mean itself. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** The share of a parameter that a step of rate 1 removes. Default 0. */
  weightDecay: number;
}

/**
 * Lion: every element moves by lr, whatever its gradient's size: p ← (1 − lr · weightDecay) · p − lr · sign(β₁ m + (1 − β₁) g);
 * m ← β₂ m + (1 − β₂) g. It remembers half of what Adam does; take a third to a tenth of AdamW's rate, and as many times
 * its decay.
 *
 * @param params - tensors, or groups `{ params, lr, ... }` with options of their own
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Chen et al. 2023 (arXiv 2302.06675), algorithm 2
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class Lion extends Optimizer<LionOptions> {
  constructor(params: ParamsInput<LionOptions>, options: Partial<LionOptions> = {}) {
    super(params, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 }, options);
  }

  protected override check({ lr, betas, weightDecay }: LionOptions): void {
    checkNonNegative('Lion', { lr, weightDecay });
    checkBetas('Lion', betas);
  }

  protected override remembers(): readonly string[] {
    return ['exp_avg'];
  }

  protected override update(
    { params, grads, tensors }: Batch,
    { lr, betas: [beta1, beta2], weightDecay }: LionOptions,
    overflow: Tensor | undefined,
  ): void {
    lionStep(params, grads, tensors['exp_avg']!, overflow, { lr, beta1, beta2, weightDecay });
  }
}
