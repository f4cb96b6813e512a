import type { Tensor } from '../index.ts';
import type { CrossEntropyAttrs } from '../kernels/loss/crossEntropy.ts';
import type { Reduction } from '../kernels/loss/reduction.ts';
import { crossEntropy, mse } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { describeCall } from './check.ts';
import { Module } from './module.ts';

/**
 * −log softmax(logits)[target], averaged over the samples.
 *
 * Shape: logits `[B, C]`, target `[B]` of integers 0..C−1, or `[B, C]` of each class's share → a scalar, or `[B]` for reduction
 * 'none'.
 *
 * @source PyTorch: `torch.nn.CrossEntropyLoss`
 * @example
 * const loss = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
 * loss.forward(zeros([2, 4]), tensor(Int32Array.of(0, 3))); // 1.3863
 */
export class CrossEntropyLoss extends Module {
  readonly options: Required<CrossEntropyAttrs>;

  constructor(options: CrossEntropyAttrs = {}) {
    super();
    checkOptions('CrossEntropyLoss', options, ['labelSmoothing', 'ignoreIndex', 'reduction']);
    const { labelSmoothing = 0, ignoreIndex = -100, reduction = 'mean' } = options;
    this.options = { labelSmoothing, ignoreIndex, reduction };
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, this.options);
  }

  override describe(): string {
    return describeCall([], this.options, { labelSmoothing: 0, ignoreIndex: -100, reduction: 'mean' });
  }
}

/** The mean of (x − y)² over all elements. @source PyTorch: `torch.nn.MSELoss` */
export class MSELoss extends Module {
  readonly reduction: Reduction;

  constructor(options: { reduction?: Reduction } = {}) {
    super();
    this.reduction = checkOptions('MSELoss', options, ['reduction']).reduction ?? 'mean';
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return mse(x, y, { reduction: this.reduction });
  }

  override describe(): string {
    return describeCall([], { reduction: this.reduction }, { reduction: 'mean' });
  }
}
