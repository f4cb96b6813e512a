// Layers without parameters that change the size of images.

import type { InterpolateOptions, Tensor } from '../index.ts';
import type { Double } from './check.ts';
import { ArgumentError, fold, interpolate, pad, pixelShuffle, pixelUnshuffle, ShapeError, unfold } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkSize, describeCall, sides } from './check.ts';
import { Module } from './module.ts';

export type UpsampleOptions = Omit<InterpolateOptions, 'antialias'>;

/**
 * `interpolate` as a layer.
 *
 * Shape: x `[B, C, ...]` → `[B, C, *size]`, one to three spatial axes as the mode has them.
 *
 * @throws ArgumentError from `forward` when the options do not fit x or each other
 * @source PyTorch: `torch.nn.Upsample`
 * @example
 * new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }).forward(zeros([1, 3, 4, 5])).shape; // [1, 3, 8, 10]
 */
export class Upsample extends Module {
  readonly options: UpsampleOptions;

  constructor(options: UpsampleOptions) {
    super();
    const known = ['size', 'scaleFactor', 'mode', 'alignCorners'] as const;
    const { size, scaleFactor } = checkOptions('Upsample', options, known);
    if ((size === undefined) === (scaleFactor === undefined)) {
      throw new ArgumentError('needs either size or scaleFactor', { op: 'Upsample', size, scaleFactor });
    }
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  override describe(): string {
    return describeCall([], { ...this.options }, { mode: 'nearest', alignCorners: false });
  }
}

/**
 * Channels as pixels: r² channels become r rows and r columns for each pixel.
 *
 * Shape: x `[..., C · r², Y, X]` → `[..., C, Y · r, X · r]`, r = upscaleFactor.
 *
 * @source Shi et al. 2016 (arXiv 1609.05158), eq. 4. PyTorch: `torch.nn.PixelShuffle`
 * @example
 * new nn.PixelShuffle(2).forward(zeros([1, 8, 3, 4])).shape; // [1, 2, 6, 8]
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = checkSize('PixelShuffle', 'upscaleFactor', upscaleFactor);
  }

  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  override describe(): string {
    return describeCall([this.upscaleFactor]);
  }
}

/**
 * Pixels as channels: the way back from PixelShuffle.
 *
 * Shape: x `[..., C, Y · r, X · r]` → `[..., C · r², Y, X]`, r = downscaleFactor.
 *
 * @source PyTorch: `torch.nn.PixelUnshuffle`
 * @example
 * new nn.PixelUnshuffle(2).forward(zeros([1, 2, 6, 8])).shape; // [1, 8, 3, 4]
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = checkSize('PixelUnshuffle', 'downscaleFactor', downscaleFactor);
  }

  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  override describe(): string {
    return describeCall([this.downscaleFactor]);
  }
}

/** Numbers for both axes, or [y, x]. */
export interface PatchOptions {
  /** Pixels from one patch to the next. Default 1. */
  stride?: number | Double;
  /** Zeros on each side. Default 0. */
  padding?: number | Double;
  /** Pixels from one element of a patch to the next. Default 1. */
  dilation?: number | Double;
}

abstract class Patches extends Module {
  readonly kernelSize: Double;
  readonly stride: Double;
  readonly padding: Double;
  readonly dilation: Double;

  constructor(kernelSize: number | Double, options: PatchOptions = {}) {
    super();
    const op = new.target.name;
    const { stride = 1, padding = 0, dilation = 1 } = checkOptions(op, options, ['stride', 'padding', 'dilation']);
    this.kernelSize = sides(op, 'kernelSize', kernelSize, 1, 2);
    this.stride = sides(op, 'stride', stride, 1, 2);
    this.padding = sides(op, 'padding', padding, 0, 2);
    this.dilation = sides(op, 'dilation', dilation, 1, 2);
  }

  protected describeAfter(args: readonly unknown[]): string {
    const { stride, padding, dilation } = this;
    const defaults = { stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
    return describeCall(args, { stride, padding, dilation }, defaults);
  }
}

/**
 * The patches of images as columns: im2col.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C · K · K, patches]`.
 *
 * @source PyTorch: `torch.nn.Unfold`
 * @example
 * new nn.Unfold(2, { stride: 2 }).forward(zeros([1, 3, 8, 8])).shape; // [1, 12, 16]
 */
export class Unfold extends Patches {
  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, dilation } = this;
    return unfold(x, { kernelSize, stride, padding, dilation });
  }

  override describe(): string {
    return this.describeAfter([this.kernelSize]);
  }
}

/**
 * The sum of patches, each at its place: col2im.
 *
 * Shape: x `[B, C · K · K, patches]` → `[B, C, *outputSize]`.
 *
 * @source PyTorch: `torch.nn.Fold`
 * @example
 * new nn.Fold(8, 2, { stride: 2 }).forward(zeros([1, 12, 16])).shape; // [1, 3, 8, 8]
 */
export class Fold extends Patches {
  readonly outputSize: Double;

  constructor(outputSize: number | Double, kernelSize: number | Double, options: PatchOptions = {}) {
    super(kernelSize, options);
    this.outputSize = sides('Fold', 'outputSize', outputSize, 1, 2);
  }

  forward(x: Tensor): Tensor {
    const { outputSize, kernelSize, stride, padding, dilation } = this;
    return fold(x, { outputSize, kernelSize, stride, padding, dilation });
  }

  override describe(): string {
    return this.describeAfter([this.outputSize, this.kernelSize]);
  }
}

/**
 * Zeros around images.
 *
 * Shape: x `[..., Y, X]` → `[..., Y + top + bottom, X + left + right]`.
 *
 * @param padding - one number for all sides, or [left, right, top, bottom]
 * @source PyTorch: `torch.nn.ZeroPad2d`
 * @example
 * new nn.ZeroPad2d([1, 2, 0, 3]).forward(zeros([1, 3, 4, 4])).shape; // [1, 3, 7, 7]
 */
export class ZeroPad2d extends Module {
  readonly padding: readonly [left: number, right: number, top: number, bottom: number];

  constructor(padding: number | readonly [left: number, right: number, top: number, bottom: number]) {
    super();
    const [left, right, top, bottom, ...rest] = typeof padding === 'number' ? [0, 0, 0, 0].fill(padding) : padding;
    if (rest.length > 0) {
      const message = `padding has ${rest.length + 4} numbers; it must be [left, right, top, bottom]`;
      throw new ShapeError(message, { op: 'ZeroPad2d', padding });
    }
    const check = (name: string, value: number | undefined): number => checkSize('ZeroPad2d', name, value as number, 0);
    this.padding = [check('left', left), check('right', right), check('top', top), check('bottom', bottom)];
  }

  forward(x: Tensor): Tensor {
    const [left, right, top, bottom] = this.padding;
    if (x.rank >= 2) {
      return pad(x, [
        [top, bottom],
        [left, right],
      ]);
    }
    throw new ShapeError(`x has shape ${formatShape(x.shape)}; it must be [..., Y, X]`, {
      op: 'ZeroPad2d',
      x: x.shape,
    });
  }

  override describe(): string {
    return describeCall([this.padding]);
  }
}
