import type { Tensor } from '../index.ts';
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

  constructor({ startAxis = 1, endAxis = -1 }: { startAxis?: number; endAxis?: number } = {}) {
    super();
    this.startAxis = startAxis;
    this.endAxis = endAxis;
  }

  forward(x: Tensor): Tensor {
    return x.flatten(this.startAxis, this.endAxis);
  }
}
