import type { Tensor } from '../index.ts';
import type { Double, Single, Triple } from './check.ts';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from '../index.ts';
import { batched } from './batched.ts';
import { describeCall, sides } from './check.ts';
import { Module } from './module.ts';

abstract class AdaptivePool<S extends Single | Double | Triple> extends Module {
  readonly outputSize: S;

  constructor(rank: S['length'], outputSize: number | S) {
    super();
    this.outputSize = sides(new.target.name, 'outputSize', outputSize, 1, rank);
  }

  protected pool(x: Tensor, pool: typeof adaptiveAvgPool1d): Tensor {
    const { outputSize } = this;
    return batched(x, outputSize.length, (images) => pool(images, { outputSize }));
  }

  override describe(): string {
    return describeCall([this.outputSize], {}, {});
  }
}

/**
 * The means of a grid of windows that cover a sequence, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveAvgPool1d`
 * @example
 * new nn.AdaptiveAvgPool1d(2).forward(zeros([1, 3, 7])).shape; // [1, 3, 2]
 */
export class AdaptiveAvgPool1d extends AdaptivePool<Single> {
  constructor(outputSize: number | Single) {
    super(1, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveAvgPool1d);
  }
}

/**
 * The means of a grid of windows that cover an image, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveAvgPool2d`
 * @example
 * new nn.AdaptiveAvgPool2d(2).forward(zeros([1, 3, 7, 5])).shape; // [1, 3, 2, 2]
 */
export class AdaptiveAvgPool2d extends AdaptivePool<Double> {
  constructor(outputSize: number | Double) {
    super(2, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveAvgPool2d);
  }
}

/**
 * The means of a grid of windows that cover a volume, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, Z, Y, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveAvgPool3d`
 * @example
 * new nn.AdaptiveAvgPool3d(2).forward(zeros([1, 3, 7, 5, 6])).shape; // [1, 3, 2, 2, 2]
 */
export class AdaptiveAvgPool3d extends AdaptivePool<Triple> {
  constructor(outputSize: number | Triple) {
    super(3, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveAvgPool3d);
  }
}

/**
 * The largest of a grid of windows that cover a sequence, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveMaxPool1d`
 * @example
 * new nn.AdaptiveMaxPool1d(2).forward(zeros([1, 3, 7])).shape; // [1, 3, 2]
 */
export class AdaptiveMaxPool1d extends AdaptivePool<Single> {
  constructor(outputSize: number | Single) {
    super(1, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveMaxPool1d);
  }
}

/**
 * The largest of a grid of windows that cover an image, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveMaxPool2d`
 * @example
 * new nn.AdaptiveMaxPool2d(2).forward(zeros([1, 3, 7, 5])).shape; // [1, 3, 2, 2]
 */
export class AdaptiveMaxPool2d extends AdaptivePool<Double> {
  constructor(outputSize: number | Double) {
    super(2, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveMaxPool2d);
  }
}

/**
 * The largest of a grid of windows that cover a volume, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, Z, Y, X]` → `[B, C, *outputSize]`, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AdaptiveMaxPool3d`
 * @example
 * new nn.AdaptiveMaxPool3d(2).forward(zeros([1, 3, 7, 5, 6])).shape; // [1, 3, 2, 2, 2]
 */
export class AdaptiveMaxPool3d extends AdaptivePool<Triple> {
  constructor(outputSize: number | Triple) {
    super(3, outputSize);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, adaptiveMaxPool3d);
  }
}
