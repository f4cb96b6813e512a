import type { Tensor } from '../index.ts';
import { gelu, relu, sigmoid, silu, softmax, tanh } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { Module } from './module.ts';

/** max(x, 0). @source PyTorch: `torch.nn.ReLU` */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * x · Φ(x), Φ the integral of the standard normal distribution; `approximate: 'tanh'` is
 * ½x · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
 *
 * @source Hendrycks and Gimpel 2016 (arXiv 1606.08415). PyTorch: `torch.nn.GELU`
 * @example
 * new nn.GELU({ approximate: 'tanh' }).forward(tensor([0])); // [0]
 */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    this.approximate = checkOptions('GELU', options, ['approximate']).approximate ?? 'none';
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}

/** x · sigmoid(x). @source PyTorch: `torch.nn.SiLU` */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). @source PyTorch: `torch.nn.Tanh` */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** 1 / (1 + e⁻ˣ). @source PyTorch: `torch.nn.Sigmoid` */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** exp(xᵢ) / Σⱼ exp(xⱼ) along `axis`, default the last. @source PyTorch: `torch.nn.Softmax` */
export class Softmax extends Module {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = axis;
  }

  forward(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis });
  }

  override describe(): string {
    return String(this.axis);
  }
}
