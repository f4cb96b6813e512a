import type { Tensor } from '../../index.ts';
import type { CommonOptions, Memory, ParamsInput } from './optimizer.ts';
import { adamwStep } from '../../kernels/index.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { checkBetas } from './betas.ts';
import { Optimizer } from './optimizer.ts';

export interface AdamWOptions extends CommonOptions {
  /** Decay of the running means of the gradient and of its square, each of 0..1. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps: number;
  /** The share of a parameter that a step of rate 1 removes. Default 0.01. */
  weightDecay: number;
}

/**
 * Adam with decoupled weight decay: m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
 * p ← (1 − lr · weightDecay) · p − lr · m̂ / (√v̂ + eps), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).
 *
 * @param params - tensors, or groups `{ params, weightDecay, ... }` with options of their own; see `decayGroups`
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Loshchilov and Hutter 2017 (arXiv 1711.05101), algorithm 2. PyTorch: `torch.optim.AdamW`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.05 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class AdamW extends Optimizer<AdamWOptions> {
  constructor(params: ParamsInput<AdamWOptions>, options: Partial<AdamWOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }, options);
  }

  protected override check({ lr, betas, eps, weightDecay }: AdamWOptions): void {
    checkNonNegative('AdamW', { lr, eps, weightDecay });
    checkBetas('AdamW', betas);
  }

  protected override remembers(): readonly string[] {
    return ['exp_avg', 'exp_avg_sq'];
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    { step, tensors }: Memory,
    { lr, betas, eps, weightDecay }: AdamWOptions,
    overflow: Tensor | undefined,
  ): void {
    const [beta1, beta2] = betas;
    const attrs = { lr, beta1, beta2, eps, weightDecay, step };
    adamwStep(param, grad, tensors['exp_avg']!, tensors['exp_avg_sq']!, overflow, attrs);
  }
}
