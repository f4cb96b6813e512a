import type { Tensor } from '../../index.ts';
import type { Batch } from './batch.ts';
import type { CommonOptions, ParamsInput } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { sgdStep } from '../../kernels/index.ts';
import { checkNonNegative, checkShare } from '../../tensor/range.ts';
import { Optimizer } from './optimizer.ts';

export interface SGDOptions extends CommonOptions {
  /** The share of the last step that is taken again. Default 0. */
  momentum: number;
  /** The share of a gradient that is not added to the momentum. Default 0. */
  dampening: number;
  /** The share of a parameter that is added to its gradient. Default 0. */
  weightDecay: number;
  /** Look ahead along the momentum. Default false. */
  nesterov: boolean;
}

/**
 * Stochastic gradient descent: g ← g + weightDecay · p; b ← momentum · b + (1 − dampening) · g; p ← p − lr · b.
 * With Nesterov p ← p − lr · (g + momentum · b). The first b is g.
 *
 * @param params - tensors, or groups `{ params, lr, ... }` with options of their own
 * @throws ArgumentError for options out of range, no parameters or one given twice
 * @source Sutskever et al. 2013. PyTorch: `torch.optim.SGD`
 * @example
 * const model = new nn.Linear(3, 1);
 * const optimizer = new nn.optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * model.forward(ones([4, 3])).sum().backward();
 * optimizer.step();
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: ParamsInput<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false }, options);
  }

  protected override check({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    checkNonNegative('SGD', { lr, momentum, weightDecay });
    checkShare('SGD', { dampening });
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      const got = `momentum is ${momentum} and dampening ${dampening}`;
      throw new ArgumentError(`${got}; nesterov needs momentum > 0 and dampening 0`, {
        op: 'SGD',
        momentum,
        dampening,
      });
    }
  }

  protected override remembers({ momentum }: SGDOptions): readonly string[] {
    return momentum === 0 ? [] : ['momentum_buffer'];
  }

  protected override update(
    { params, grads, tensors, step }: Batch,
    { lr, momentum, dampening, weightDecay, nesterov }: SGDOptions,
    overflow: Tensor | undefined,
  ): void {
    const attrs = { lr, momentum, dampening, weightDecay, nesterov, step };
    sgdStep(params, grads, tensors['momentum_buffer'] ?? [], overflow, attrs);
  }
}
