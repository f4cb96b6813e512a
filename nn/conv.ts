import type { Tensor } from '../index.ts';
import type { Double, Single, Triple } from './check.ts';
import { conv1d, conv2d, conv3d, ShapeError } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
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
}

export type Conv2dOptions = ConvOptions<Double>;

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
    const known = ['stride', 'padding', 'dilation', 'groups', 'bias'] as const;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = checkOptions(op, options, known);
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
    const { stride, padding, dilation, groups } = this;
    return conv(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias } = this;
    const all = (value: number): number[] => kernelSize.map(() => value);
    const defaults = { stride: all(1), padding: all(0), dilation: all(1), groups: 1, bias: true };
    const options = { stride, padding, dilation, groups, bias: bias !== undefined };
    return describeCall([inChannels, outChannels, kernelSize], options, defaults);
  }
}

/**
 * Cross-correlation of sequences with learned windows, plus a bias per output channel.
 *
 * Shape: x `[B, inChannels, X]` → `[B, outChannels, X']`, X' = ⌊(X + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit
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
 * Shape: x `[B, inChannels, Y, X]` → `[B, outChannels, Y', X']`, Y' = ⌊(Y + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit
 * @source PyTorch: `torch.nn.Conv2d`
 * @example
 * new nn.Conv2d(1, 8, 3, { stride: 2, padding: 1 }).forward(zeros([5, 1, 28, 28])).shape; // [5, 8, 14, 14]
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
 * Shape: x `[B, inChannels, Z, Y, X]` → `[B, outChannels, Z', Y', X']`, each as Conv2d's.
 *
 * Parameters: `weight` [outChannels, inChannels / groups, K, K, K] and `bias` [outChannels], uniform in ±1/√fanIn with
 * fanIn = inChannels / groups · K · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; from `forward` when x does not fit
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
