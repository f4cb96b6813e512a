import type { Tensor } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { Module } from './module.ts';

/**
 * Axes `startAxis` to `endAxis`, both included, as one; by default all but the first.
 *
 * @source PyTorch: `torch.nn.Flatten`
 * @example
 * new nn.Flatten().forward(zeros([2, 3, 4])).shape; // [2, 12]
 */
export class Flatten extends Module {
  readonly startAxis: number;
  readonly endAxis: number;

  constructor(options: { startAxis?: number; endAxis?: number } = {}) {
    super();
    const { startAxis = 1, endAxis = -1 } = checkOptions('Flatten', options, ['startAxis', 'endAxis']);
    this.startAxis = startAxis;
    this.endAxis = endAxis;
  }

  forward(x: Tensor): Tensor {
    return x.flatten(this.startAxis, this.endAxis);
  }
}
