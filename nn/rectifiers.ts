import type { Tensor } from '../index.ts';
import { elu, hardswish, leakyRelu, mish, softplus } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { describeCall } from './check.ts';
import { Module } from './module.ts';

/** x where it is positive, else x · `negativeSlope`. @source PyTorch: `torch.nn.LeakyReLU` */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }

  override describe(): string {
    return String(this.negativeSlope);
  }
}

/** x where it is positive, else `alpha` · (eˣ − 1). @source PyTorch: `torch.nn.ELU` */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }

  override describe(): string {
    return String(this.alpha);
  }
}

/**
 * ln(1 + e^(βx)) / β; x where βx is above `threshold`.
 *
 * @source PyTorch: `torch.nn.Softplus`
 * @example
 * new nn.Softplus({ beta: 2 }).forward(tensor([0])); // [0.3466]
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(options: { beta?: number; threshold?: number } = {}) {
    super();
    const { beta = 1, threshold = 20 } = checkOptions('Softplus', options, ['beta', 'threshold']);
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }

  override describe(): string {
    return describeCall([], { beta: this.beta, threshold: this.threshold }, { beta: 1, threshold: 20 });
  }
}

/** x · min(max(x + 3, 0), 6) / 6. @source PyTorch: `torch.nn.Hardswish` */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** x · tanh(ln(1 + eˣ)). @source PyTorch: `torch.nn.Mish` */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}
