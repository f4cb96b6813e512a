import type { Tensor } from '../../index.ts';
import type { Batch } from './batch.ts';
import type { CommonOptions, ParamsInput } from './optimizer.ts';
import { rmspropStep } from '../../kernels/index.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { Optimizer } from './optimizer.ts';

export interface RMSpropOptions extends CommonOptions {
  /** Decay of the running mean of the gradient's square, of 0..1. Default 0.99. */
  alpha: number;
  /** Added to the root of the mean square. Default 1e-8. */
  eps: number;
  /** The share of a parameter that is added to its gradient. Default 0. */
  weightDecay: number;
  /** The share of the last step that is taken again. Default 0. */
  momentum: number;
  /** Divide by the gradient's deviation from its mean instead of its size. Default false. */
  centered: boolean;
}

/**
 * RMSprop: g ← g + weightDecay · p; v ← α v + (1 − α) g²; p ← p − lr · g / (√v + eps). With momentum the fraction is added to
 * it first; centered, the squared mean of g is taken off v.
 *
 * @param params - tensors, or groups `{ params, lr, ... }` with options of their own
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Hinton's lecture 6e, 2012. PyTorch: `torch.optim.RMSprop`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(params: ParamsInput<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    const defaults = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };
    super(params, defaults, options);
  }

  protected override check({ lr, alpha, eps, weightDecay, momentum }: RMSpropOptions): void {
    checkNonNegative('RMSprop', { lr, eps, weightDecay, momentum });
    checkShare('RMSprop', { alpha });
  }

  protected override remembers({ momentum, centered }: RMSpropOptions): readonly string[] {
    return ['square_avg', ...(centered ? ['grad_avg'] : []), ...(momentum > 0 ? ['momentum_buffer'] : [])];
  }

  protected override update(
    { params, grads, tensors }: Batch,
    { lr, alpha, eps, weightDecay, momentum }: RMSpropOptions,
    overflow: Tensor | undefined,
  ): void {
    const { square_avg: squares, grad_avg: means = [], momentum_buffer: buffers = [] } = tensors;
    rmspropStep(params, grads, squares!, means, buffers, overflow, { lr, alpha, eps, weightDecay, momentum });
  }
}
