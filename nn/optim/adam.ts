import type { AdamWOptions } from './adamBase.ts';
import type { ParamsInput } from './optimizer.ts';
import { adamStep } from '../../kernels/index.ts';
import { AdamBase } from './adamBase.ts';

/** As AdamW's, but weightDecay is the share of a parameter that is added to its gradient, by default 0. */
export type AdamOptions = AdamWOptions;

/**
 * Adam: g ← g + weightDecay · p; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − lr · m̂ / (√v̂ + eps), with
 * m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ). Its decay passes through v: AdamW's is mostly better.
 *
 * @param params - tensors, or groups `{ params, lr, ... }` with options of their own
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Kingma and Ba 2014 (arXiv 1412.6980), algorithm 1. PyTorch: `torch.optim.Adam`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.Adam(model.parameters(), { lr: 1e-3 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class Adam extends AdamBase {
  constructor(params: ParamsInput<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 }, options);
  }

  protected override get op(): typeof adamStep {
    return adamStep;
  }
}
