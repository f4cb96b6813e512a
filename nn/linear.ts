import type { Tensor } from '../index.ts';
import { linear } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkSize, describeCall } from './check.ts';
import { likeLinear } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/**
 * y = x Wᵀ + b over the last axis.
 *
 * Shape: x `[..., inFeatures]` → `[..., outFeatures]`.
 *
 * Parameters: `weight` [outFeatures, inFeatures] and `bias` [outFeatures], uniform in ±1/√inFeatures.
 *
 * @param options.bias - add b; default true
 * @throws ShapeError from `forward` when the last axis of x is not inFeatures
 * @source PyTorch: `torch.nn.Linear`
 * @example
 * new nn.Linear(3, 2).forward(zeros([5, 3])).shape; // [5, 2]
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(inFeatures: number, outFeatures: number, options: { bias?: boolean } = {}) {
    super();
    const { bias = true } = checkOptions('Linear', options, ['bias']);
    this.inFeatures = checkSize('Linear', 'inFeatures', inFeatures);
    this.outFeatures = checkSize('Linear', 'outFeatures', outFeatures);
    this.weight = new Parameter([outFeatures, inFeatures]);
    this.bias = bias ? new Parameter([outFeatures]) : undefined;
    likeLinear(this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override describe(): string {
    return describeCall([this.inFeatures, this.outFeatures], { bias: this.bias !== undefined }, { bias: true });
  }
}
