import type { Tensor } from '../index.ts';
import type { Double, Single, Triple } from './check.ts';
import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { batched } from './batched.ts';
import { checkSize, describeCall, sides } from './check.ts';
import { Module } from './module.ts';

/** Numbers for one axis, for two [y, x] or for three [z, y, x]; a single one is for all. */
export interface AvgPoolOptions<S> {
  /** Pixels from one window to the next. Default: kernelSize. */
  stride?: number | S;
  /** Pixels around the image, at most half of kernelSize; default 0. They never win a maximum, and are 0 in an average. */
  padding?: number | S;
  /** Whether a last window that reaches beyond the padding counts. Default false. */
  ceilMode?: boolean;
  /** Whether the pixels of the padding count in an average. Default true. */
  countIncludePad?: boolean;
  /** What the sum of a window is divided by, of two axes or three. Default: its number of pixels. */
  divisorOverride?: number;
}

export interface MaxPoolOptions<S> extends Omit<AvgPoolOptions<S>, 'countIncludePad' | 'divisorOverride'> {
  /** Pixels from one element of a window to the next. Default 1. */
  dilation?: number | S;
}

abstract class Pool<S extends Single | Double | Triple> extends Module {
  readonly kernelSize: S;
  readonly stride: S;
  readonly padding: S;
  readonly ceilMode: boolean;

  constructor(rank: S['length'], kernelSize: number | S, options: AvgPoolOptions<S>) {
    super();
    const op = new.target.name;
    this.kernelSize = sides(op, 'kernelSize', kernelSize, 1, rank);
    this.stride = sides(op, 'stride', options.stride ?? kernelSize, 1, rank);
    this.padding = sides(op, 'padding', options.padding ?? 0, 0, rank);
    this.ceilMode = options.ceilMode ?? false;
  }

  protected describeWith(options: object, defaults: object): string {
    const { kernelSize, stride, padding, ceilMode } = this;
    return describeCall(
      [kernelSize],
      { stride, padding, ...options, ceilMode },
      { stride: kernelSize, padding: kernelSize.map(() => 0), ...defaults, ceilMode: false },
    );
  }
}

abstract class MaxPool<S extends Single | Double | Triple> extends Pool<S> {
  readonly dilation: S;

  constructor(rank: S['length'], kernelSize: number | S, options: MaxPoolOptions<S> = {}) {
    const op = new.target.name;
    super(rank, kernelSize, checkOptions(op, options, ['stride', 'padding', 'dilation', 'ceilMode']));
    this.dilation = sides(op, 'dilation', options.dilation ?? 1, 1, rank);
  }

  protected pool(x: Tensor, pool: typeof maxPool2d): Tensor {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const windows = { kernelSize, stride, padding, dilation, ceilMode };
    return batched(x, kernelSize.length, (images) => pool(images, windows));
  }

  override describe(): string {
    return this.describeWith({ dilation: this.dilation }, { dilation: this.dilation.map(() => 1) });
  }
}

abstract class AvgPool<S extends Single | Double | Triple> extends Pool<S> {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | undefined;

  constructor(rank: S['length'], kernelSize: number | S, options: AvgPoolOptions<S> = {}) {
    const op = new.target.name;
    const known = ['stride', 'padding', 'ceilMode', 'countIncludePad', 'divisorOverride'] as const;
    super(rank, kernelSize, checkOptions(op, options, rank === 1 ? known.slice(0, 4) : known));
    const { countIncludePad = true, divisorOverride } = options;
    if (divisorOverride !== undefined) checkSize(op, 'divisorOverride', divisorOverride);
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride;
  }

  protected pool(x: Tensor, pool: typeof avgPool3d): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    const divisor = divisorOverride === undefined ? {} : { divisorOverride };
    const windows = { kernelSize, stride, padding, ceilMode, countIncludePad, ...divisor };
    return batched(x, kernelSize.length, (images) => pool(images, windows));
  }

  override describe(): string {
    const { countIncludePad, divisorOverride } = this;
    return this.describeWith(
      { countIncludePad, divisorOverride },
      { countIncludePad: true, divisorOverride: undefined },
    );
  }
}

/**
 * The largest of each window of a sequence.
 *
 * Shape: x `[B, C, X]` → `[B, C, X']`, X' = ⌊(X + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.MaxPool1d`
 * @example
 * new nn.MaxPool1d(2).forward(zeros([1, 3, 8])).shape; // [1, 3, 4]
 */
export class MaxPool1d extends MaxPool<Single> {
  constructor(kernelSize: number | Single, options: MaxPoolOptions<Single> = {}) {
    super(1, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, maxPool1d);
  }
}

/**
 * The largest of each window.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, Y', X']`, each as MaxPool1d's, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.MaxPool2d`
 * @example
 * new nn.MaxPool2d(2).forward(zeros([1, 3, 8, 8])).shape; // [1, 3, 4, 4]
 */
export class MaxPool2d extends MaxPool<Double> {
  constructor(kernelSize: number | Double, options: MaxPoolOptions<Double> = {}) {
    super(2, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, maxPool2d);
  }
}

/**
 * The largest of each window of a volume.
 *
 * Shape: x `[B, C, Z, Y, X]` → `[B, C, Z', Y', X']`, each as MaxPool1d's, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.MaxPool3d`
 * @example
 * new nn.MaxPool3d(2).forward(zeros([1, 3, 4, 6, 8])).shape; // [1, 3, 2, 3, 4]
 */
export class MaxPool3d extends MaxPool<Triple> {
  constructor(kernelSize: number | Triple, options: MaxPoolOptions<Triple> = {}) {
    super(3, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, maxPool3d);
  }
}

/**
 * The mean of each window of a sequence.
 *
 * Shape: x `[B, C, X]` → `[B, C, X']`, X' = ⌊(X + 2·padding − kernelSize) / stride⌋ + 1, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AvgPool1d`
 * @example
 * new nn.AvgPool1d(2).forward(zeros([1, 3, 8])).shape; // [1, 3, 4]
 */
export class AvgPool1d extends AvgPool<Single> {
  constructor(kernelSize: number | Single, options: Omit<AvgPoolOptions<Single>, 'divisorOverride'> = {}) {
    super(1, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, avgPool1d);
  }
}

/**
 * The mean of each window.
 *
 * Shape: x `[B, C, Y, X]` → `[B, C, Y', X']`, each as AvgPool1d's, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AvgPool2d`
 * @example
 * new nn.AvgPool2d(2).forward(zeros([1, 3, 8, 8])).shape; // [1, 3, 4, 4]
 */
export class AvgPool2d extends AvgPool<Double> {
  constructor(kernelSize: number | Double, options: AvgPoolOptions<Double> = {}) {
    super(2, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, avgPool2d);
  }
}

/**
 * The mean of each window of a volume.
 *
 * Shape: x `[B, C, Z, Y, X]` → `[B, C, Z', Y', X']`, each as AvgPool1d's, or all of it without `B`.
 *
 * @source PyTorch: `torch.nn.AvgPool3d`
 * @example
 * new nn.AvgPool3d(2).forward(zeros([1, 3, 4, 6, 8])).shape; // [1, 3, 2, 3, 4]
 */
export class AvgPool3d extends AvgPool<Triple> {
  constructor(kernelSize: number | Triple, options: AvgPoolOptions<Triple> = {}) {
    super(3, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.pool(x, avgPool3d);
  }
}
