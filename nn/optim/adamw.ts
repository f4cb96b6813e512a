import type { AdamWOptions } from './adamBase.ts';
import type { ParamsInput } from './optimizer.ts';
import { adamwStep } from '../../kernels/index.ts';
import { AdamBase } from './adamBase.ts';

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
export class AdamW extends AdamBase {
  constructor(params: ParamsInput<AdamWOptions>, options: Partial<AdamWOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }, options);
  }

  protected override get op(): typeof adamwStep {
    return adamwStep;
  }
}
