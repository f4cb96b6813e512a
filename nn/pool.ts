import type { Tensor } from '../index.ts';
import type { Pair } from './conv.ts';
import { adaptiveAvgPool2d, avgPool2d, maxPool2d } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { describeCall, pair } from './check.ts';
import { Module } from './module.ts';

export interface Pool2dOptions {
  /** Pixels from one window to the next. Default: kernelSize. */
  stride?: Pair;
  /** Pixels around the image, at most half of kernelSize; default 0. They never win a maximum, and count as 0 in an average. */
  padding?: Pair;
}

abstract class Pool2d extends Module {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernelSize: Pair, options: Pool2dOptions = {}) {
    super();
    const op = new.target.name;
    const { stride = kernelSize, padding = 0 } = checkOptions(op, options, ['stride', 'padding']);
    this.kernelSize = pair(op, 'kernelSize', kernelSize, 1);
    this.stride = pair(op, 'stride', stride, 1);
    this.padding = pair(op, 'padding', padding, 0);
  }

  override describe(): string {
    const { kernelSize, stride, padding } = this;
    return describeCall([kernelSize], { stride, padding }, { stride: kernelSize, padding: [0, 0] });
  }
}

/**
 * The largest of each window.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, Y', X']`, Y' = ⌊(Y + 2·padding − kernelSize) / stride⌋ + 1.
 *
 * @source PyTorch: `torch.nn.MaxPool2d`
 * @example
 * new nn.MaxPool2d(2).forward(zeros([1, 3, 8, 8])).shape; // [1, 3, 4, 4]
 */
export class MaxPool2d extends Pool2d {
  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding } = this;
    return maxPool2d(x, { kernelSize, stride, padding });
  }
}

/**
 * The mean of each window.
 *
 * Shape: as MaxPool2d.
 *
 * @source PyTorch: `torch.nn.AvgPool2d`
 */
export class AvgPool2d extends Pool2d {
  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding } = this;
    return avgPool2d(x, { kernelSize, stride, padding });
  }
}

/**
 * The means of a grid of windows that cover the image, of as nearly equal size as can be.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, *outputSize]`.
 *
 * @source PyTorch: `torch.nn.AdaptiveAvgPool2d`
 * @example
 * new nn.AdaptiveAvgPool2d(1).forward(zeros([1, 3, 7, 5])).shape; // [1, 3, 1, 1]
 */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: readonly [number, number];

  constructor(outputSize: Pair) {
    super();
    this.outputSize = pair('AdaptiveAvgPool2d', 'outputSize', outputSize, 1);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, { outputSize: this.outputSize });
  }

  override describe(): string {
    return describeCall([this.outputSize], {}, {});
  }
}
