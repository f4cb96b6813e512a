import type { Tensor } from '../index.ts';
import { conv2d, ShapeError } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkSize, describeCall, pair } from './check.ts';
import { likeLinear } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

/** One number for both axes, or [y, x]. */
export type Pair = number | readonly [number, number];

export interface Conv2dOptions {
  /** Pixels from one window to the next. Default 1. */
  stride?: Pair;
  /** Zeros on each side. Default 0. */
  padding?: Pair;
  /** Pixels from one weight to the next. Default 1. */
  dilation?: Pair;
  /** Channels in this many parts, each with weights of its own. Default 1. */
  groups?: number;
  /** Add a bias per output channel. Default true. */
  bias?: boolean;
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
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super();
    const known = ['stride', 'padding', 'dilation', 'groups', 'bias'] as const;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = checkOptions('Conv2d', options, known);
    this.inChannels = checkSize('Conv2d', 'inChannels', inChannels);
    this.outChannels = checkSize('Conv2d', 'outChannels', outChannels);
    this.groups = checkSize('Conv2d', 'groups', groups);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const fields = { op: 'Conv2d', inChannels, outChannels, groups };
      throw new ShapeError(
        `groups ${groups} must divide inChannels ${inChannels} and outChannels ${outChannels}`,
        fields,
      );
    }
    this.kernelSize = pair('Conv2d', 'kernelSize', kernelSize, 1);
    this.stride = pair('Conv2d', 'stride', stride, 1);
    this.padding = pair('Conv2d', 'padding', padding, 0);
    this.dilation = pair('Conv2d', 'dilation', dilation, 1);
    this.weight = new Parameter([outChannels, inChannels / groups, ...this.kernelSize]);
    this.bias = bias ? new Parameter([outChannels]) : undefined;
    likeLinear(this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this;
    return conv2d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias } = this;
    const defaults = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, bias: true };
    const options = { stride, padding, dilation, groups, bias: bias !== undefined };
    return describeCall([inChannels, outChannels, kernelSize], options, defaults);
  }
}
