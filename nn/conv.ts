import type { Tensor } from '../index.ts';
import type { Double, Single, Triple } from './check.ts';
import { ArgumentError, conv1d, conv2d, conv3d, pad, scope, ShapeError } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { batched } from './batched.ts';
import { checkSize, describeCall, sides } from './check.ts';
import { likeLinear } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** One number for both axes, or [y, x]. */
export type Pair = number | Double;

/** Numbers for one axis, for two [y, x] or for three [z, y, x]; a single one is for all. */
export interface ConvOptions<S> {
  /** Pixels from one window to the next. Default 1. */
  stride?: number | S;
  /** Zeros on each side. Default 0. */
  padding?: number | S;
  /** Pixels from one weight to the next. Default 1. */
  dilation?: number | S;
  /** Channels in this many parts, each with weights of its own. Default 1. */
  groups?: number;
  /** Add a bias per output channel. Default true. */
  bias?: boolean;
  /** What the padding holds: zeros, the image mirrored at its edges, its edges repeated, or its other end. Default 'zeros'. */
  paddingMode?: PaddingMode;
}

export type Conv2dOptions = ConvOptions<Double>;

const paddingModes = ['zeros', 'reflect', 'replicate', 'circular'] as const;

export type PaddingMode = (typeof paddingModes)[number];

/** @throws ShapeError unless the groups divide both numbers of channels */
export function checkGroups(op: string, inChannels: number, outChannels: number, groups: number): void {
  checkSize(op, 'inChannels', inChannels);
  checkSize(op, 'outChannels', outChannels);
  checkSize(op, 'groups', groups);
  if (inChannels % groups === 0 && outChannels % groups === 0) return;
  const fields = { op, inChannels, outChannels, groups };
  throw new ShapeError(`groups ${groups} must divide inChannels ${inChannels} and outChannels ${outChannels}`, fields);
}

abstract class Conv<S extends Single | Double | Triple> extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: S;
  readonly stride: S;
  readonly padding: S;
  readonly dilation: S;
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(
    rank: S['length'],
    inChannels: number,
    outChannels: number,
    kernelSize: number | S,
    options: ConvOptions<S> = {},
  ) {
    super();
    const op = new.target.name;
    const known = ['stride', 'padding', 'dilation', 'groups', 'bias', 'paddingMode'] as const;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = checkOptions(op, options, known);
    const { paddingMode = 'zeros' } = options;
    if (!paddingModes.includes(paddingMode)) {
      const message = `paddingMode '${String(paddingMode)}' is unknown; use one of ${paddingModes.join(', ')}`;
      throw new ArgumentError(message, { op, paddingMode });
    }
    this.paddingMode = paddingMode;
    checkGroups(op, inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.groups = groups;
    this.kernelSize = sides(op, 'kernelSize', kernelSize, 1, rank);
    this.stride = sides(op, 'stride', stride, 1, rank);
    this.padding = sides(op, 'padding', padding, 0, rank);
    this.dilation = sides(op, 'dilation', dilation, 1, rank);
    this.weight = new Parameter([outChannels, inChannels / groups, ...this.kernelSize]);
    this.bias = bias ? new Parameter([outChannels]) : undefined;
    likeLinear(this.weight, this.bias);
  }

  protected convolve(x: Tensor, conv: typeof conv1d): Tensor {
    const { stride, padding, dilation, groups, paddingMode, weight, bias } = this;
    return batched(x, this.kernelSize.length, (images) => {
      // What does not fit is refused by conv itself, by the shape that was given.
      const fits = images.rank === padding.length + 2 && images.shape[1] === this.inChannels;
      if (paddingMode === 'zeros' || !fits) return conv(images, weight, bias, { stride, padding, dilation, groups });
      const borders = padding.map((n) => [n, n] as const);
      return scope(() => conv(pad(images, borders, { mode: paddingMode }), weight, bias, { stride, dilation, groups }));
    });
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode } = this;
    const all = (value: number): number[] => kernelSize.map(() => value);
    const defaults = { stride: all(1), padding: all(0), dilation: all(1), groups: 1, bias: true, paddingMode: 'zeros' };
    const options = { stride, padding, dilation, groups, bias: bias !== undefined, paddingMode };
    return describeCall([inChannels, outChannels, kernelSize], options, defaults);
  }
}

/**
 * Cross-correlation of sequences with learned windows, plus a bias per output channel.
 *
 * Shape: x `[B, inChannels, X]` → `[B, outChannels, X']`, X' = ⌊(X + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, or
 * all of it without `B`.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit, or is too short for paddingMode
 * @source PyTorch: `torch.nn.Conv1d`
 * @example
 * new nn.Conv1d(4, 8, 3, { padding: 1 }).forward(zeros([5, 4, 20])).shape; // [5, 8, 20]
 */
export class Conv1d extends Conv<Single> {
  constructor(inChannels: number, outChannels: number, kernelSize: number | Single, options: ConvOptions<Single> = {}) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, conv1d);
  }
}

/**
 * Cross-correlation of images with learned windows, plus a bias per output channel.
 *
 * Shape: x `[B, inChannels, Y, X]` → `[B, outChannels, Y', X']`, Y' = ⌊(Y + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1, or
 * all of it without `B`.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit, or is too short for paddingMode
 * @source PyTorch: `torch.nn.Conv2d`
 * @example
 * new nn.Conv2d(1, 8, 3, { stride: 2, padding: 1 }).forward(zeros([5, 1, 28, 28])).shape; // [5, 8, 14, 14]
 * new nn.Conv2d(1, 8, 3, { padding: 1, paddingMode: 'reflect' }).forward(zeros([1, 28, 28])).shape; // [8, 28, 28]
 */
export class Conv2d extends Conv<Double> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, conv2d);
  }
}

/**
 * Cross-correlation of volumes with learned windows, plus a bias per output channel.
 *
 * Shape: x `[B, inChannels, Z, Y, X]` → `[B, outChannels, Z', Y', X']`, each as Conv2d's, or all of it without `B`.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K, K, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit, or is too short for paddingMode
 * @source PyTorch: `torch.nn.Conv3d`
 * @example
 * new nn.Conv3d(1, 4, 3, { padding: 1 }).forward(zeros([1, 1, 5, 8, 8])).shape; // [1, 4, 5, 8, 8]
 */
export class Conv3d extends Conv<Triple> {
  constructor(inChannels: number, outChannels: number, kernelSize: number | Triple, options: ConvOptions<Triple> = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, conv3d);
  }
}
