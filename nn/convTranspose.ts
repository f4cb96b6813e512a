import type { Tensor } from '../index.ts';
import type { Double, Single, Triple } from './check.ts';
import type { ConvOptions } from './conv.ts';
import { ArgumentError, convTranspose1d, convTranspose2d, convTranspose3d } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { batched } from './batched.ts';
import { describeCall, sides } from './check.ts';
import { checkGroups } from './conv.ts';
import { likeLinear } from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface ConvTransposeOptions<S> extends Omit<ConvOptions<S>, 'paddingMode'> {
  /** Pixels that the result has more at the end of each axis; less than stride or dilation. Default 0. */
  outputPadding?: number | S;
}

abstract class ConvTranspose<S extends Single | Double | Triple> extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: S;
  readonly stride: S;
  readonly padding: S;
  readonly outputPadding: S;
  readonly dilation: S;
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | undefined;

  constructor(
    rank: S['length'],
    inChannels: number,
    outChannels: number,
    kernelSize: number | S,
    options: ConvTransposeOptions<S> = {},
  ) {
    super();
    const op = new.target.name;
    const known = ['stride', 'padding', 'outputPadding', 'dilation', 'groups', 'bias'] as const;
    const given = checkOptions(op, options, known);
    const { groups = 1, bias = true } = given;
    checkGroups(op, inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.groups = groups;
    this.kernelSize = sides(op, 'kernelSize', kernelSize, 1, rank);
    this.stride = sides(op, 'stride', given.stride ?? 1, 1, rank);
    this.padding = sides(op, 'padding', given.padding ?? 0, 0, rank);
    this.outputPadding = sides(op, 'outputPadding', given.outputPadding ?? 0, 0, rank);
    this.dilation = sides(op, 'dilation', given.dilation ?? 1, 1, rank);
    if (this.outputPadding.some((n, axis) => n >= Math.max(this.stride[axis]!, this.dilation[axis]!))) {
      const message = `outputPadding ${this.outputPadding.join()} must be less than stride ${this.stride.join()} or dilation`;
      throw new ArgumentError(message, { op, outputPadding: this.outputPadding });
    }
    this.weight = new Parameter([inChannels, outChannels / groups, ...this.kernelSize]);
    this.bias = bias ? new Parameter([outChannels]) : undefined;
    likeLinear(this.weight, this.bias);
  }

  protected convolve(x: Tensor, conv: typeof convTranspose1d): Tensor {
    const { stride, padding, outputPadding, dilation, groups } = this;
    const options = { stride, padding, outputPadding, dilation, groups };
    return batched(x, this.kernelSize.length, (images) => conv(images, this.weight, this.bias, options));
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, outputPadding, dilation, groups, bias } = this;
    const all = (value: number): number[] => kernelSize.map(() => value);
    const options = { stride, padding, outputPadding, dilation, groups, bias: bias !== undefined };
    return describeCall([inChannels, outChannels, kernelSize], options, {
      stride: all(1),
      padding: all(0),
      outputPadding: all(0),
      dilation: all(1),
      groups: 1,
      bias: true,
    });
  }
}

/**
 * Each element of a sequence spread over a learned window, and the windows added up: the gradient of Conv1d by its input
 * as a layer.
 *
 * Shape: x `[B, inChannels, X]` → `[B, outChannels, X']`,
 * X' = (X − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1, or all of it without `B`.
 *
 * Parameters: `weight` [inChannels, outChannels / groups, K] and `bias` [outChannels], uniform in ±1/√fan with
 * fan = outChannels / groups · K.
 *
 * @throws ShapeError when groups does not divide the channels; ArgumentError when outputPadding is too large
 * @source PyTorch: `torch.nn.ConvTranspose1d`
 * @example
 * new nn.ConvTranspose1d(8, 4, 4, { stride: 2, padding: 1 }).forward(zeros([5, 8, 10])).shape; // [5, 4, 20]
 */
export class ConvTranspose1d extends ConvTranspose<Single> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | Single,
    options: ConvTransposeOptions<Single> = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, convTranspose1d);
  }
}

/**
 * Each pixel spread over a learned window, and the windows added up: the gradient of Conv2d by its input as a layer.
 *
 * Shape: x `[B, inChannels, Y, X]` → `[B, outChannels, Y', X']`, each as ConvTranspose1d's, or all of it without `B`.
 *
 * Parameters: `weight` [inChannels, outChannels / groups, K, K] and `bias` [outChannels], uniform in ±1/√fan with
 * fan = outChannels / groups · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; ArgumentError when outputPadding is too large
 * @source PyTorch: `torch.nn.ConvTranspose2d`
 * @example
 * new nn.ConvTranspose2d(8, 4, 2, { stride: 2 }).forward(zeros([5, 8, 7, 7])).shape; // [5, 4, 14, 14]
 */
export class ConvTranspose2d extends ConvTranspose<Double> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | Double,
    options: ConvTransposeOptions<Double> = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, convTranspose2d);
  }
}

/**
 * Each voxel spread over a learned window, and the windows added up: the gradient of Conv3d by its input as a layer.
 *
 * Shape: x `[B, inChannels, Z, Y, X]` → `[B, outChannels, Z', Y', X']`, each as ConvTranspose1d's, or all of it without `B`.
 *
 * Parameters: `weight` [inChannels, outChannels / groups, K, K, K] and `bias` [outChannels], uniform in ±1/√fan with
 * fan = outChannels / groups · K · K · K.
 *
 * @throws ShapeError when groups does not divide the channels; ArgumentError when outputPadding is too large
 * @source PyTorch: `torch.nn.ConvTranspose3d`
 * @example
 * new nn.ConvTranspose3d(2, 1, 2, { stride: 2 }).forward(zeros([1, 2, 3, 4, 5])).shape; // [1, 1, 6, 8, 10]
 */
export class ConvTranspose3d extends ConvTranspose<Triple> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | Triple,
    options: ConvTransposeOptions<Triple> = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    return this.convolve(x, convTranspose3d);
  }
}
