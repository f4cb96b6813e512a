import type { Tensor } from '../index.ts';
import { batchNorm, groupNorm, instanceNorm, noGrad, scope, ShapeError, tensor } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkNonNegative, checkShare } from '../tensor/range.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkSize, describeCall } from './check.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Buffer, Parameter } from './parameter.ts';

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** The share of a batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Learn a weight and a bias. Default true. */
  affine?: boolean;
}

export interface InstanceNormOptions extends Omit<BatchNormOptions, 'affine'> {
  /** Learn a weight and a bias. Default false. */
  affine?: boolean;
  /** Keep running statistics, and use them in `eval()`. Default false. */
  trackRunningStats?: boolean;
}

/** Axes behind batch and channels, by the rank of x. */
const positions: Readonly<Record<number, string>> = { 2: '', 3: ', X', 4: ', Y, X', 5: ', Z, Y, X' };

function checkChannels(op: string, { shape }: Tensor, channels: number, ranks: readonly number[]): void {
  if (ranks.includes(shape.length) && shape[1] === channels) return;
  const wanted = ranks.map((rank) => `[B, ${channels}${positions[rank]}]`).join(' or ');
  throw new ShapeError(`x has shape ${formatShape(shape)}; it must be ${wanted}`, { op, shape });
}

abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  runningMean: Buffer;
  runningVar: Buffer;
  numBatchesTracked: Buffer;

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    const op = new.target.name;
    const { eps = 1e-5, momentum = 0.1, affine = true } = checkOptions(op, options, ['eps', 'momentum', 'affine']);
    this.numFeatures = checkSize(op, 'numFeatures', numFeatures);
    checkNonNegative(op, { eps });
    checkShare(op, { momentum });
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? init.ones(new Parameter([numFeatures])) : undefined;
    this.bias = affine ? new Parameter([numFeatures]) : undefined;
    this.runningMean = new Buffer([numFeatures]);
    this.runningVar = init.ones(new Buffer([numFeatures]));
    this.numBatchesTracked = scope(() => new Buffer(tensor(0, { dtype: 'int32' })));
  }

  /** Of x of one of these ranks. */
  protected normalize(x: Tensor, ...ranks: number[]): Tensor {
    const { weight, bias, runningMean, runningVar, eps, momentum, training } = this;
    checkChannels(this.constructor.name, x, this.numFeatures, ranks);
    const y = batchNorm(x, weight, bias, { runningMean, runningVar, training, momentum, eps });
    if (training) this.#count();
    return y;
  }

  /** Adds one to numBatchesTracked, wherever it lives. */
  #count(): void {
    scope(() => noGrad(() => this.numBatchesTracked.become(this.numBatchesTracked.add(1))));
  }

  override describe(): string {
    const { numFeatures, eps, momentum, weight } = this;
    const options = { eps, momentum, affine: weight !== undefined };
    return describeCall([numFeatures], options, { eps: 1e-5, momentum: 0.1, affine: true });
  }
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias per channel, over a batch of vectors or sequences. While training the
 * statistics are the batch's, and running ones are kept; in `eval()` the running ones are used.
 *
 * Shape: x `[B, numFeatures]` or `[B, numFeatures, X]` → the same.
 *
 * Parameters: `weight`, ones, and `bias`, zeros. Buffers: `runningMean`, zeros, `runningVar`, ones (of the unbiased
 * variance), and `numBatchesTracked`. All [numFeatures] but the last, a scalar.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels
 * @source Ioffe and Szegedy 2015 (arXiv 1502.03167), algorithms 1 and 2. PyTorch: `torch.nn.BatchNorm1d`
 * @example
 * new nn.BatchNorm1d(8).forward(zeros([4, 8])).shape; // [4, 8]
 */
export class BatchNorm1d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 2, 3);
  }
}

/**
 * BatchNorm1d over a batch of images.
 *
 * Shape: x `[B, numFeatures, Y, X]` → the same.
 *
 * Parameters and buffers: as BatchNorm1d's.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels
 * @source Ioffe and Szegedy 2015 (arXiv 1502.03167), algorithms 1 and 2. PyTorch: `torch.nn.BatchNorm2d`
 * @example
 * new nn.BatchNorm2d(8).forward(zeros([2, 8, 4, 4])).shape; // [2, 8, 4, 4]
 */
export class BatchNorm2d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 4);
  }
}

/**
 * BatchNorm1d over a batch of volumes.
 *
 * Shape: x `[B, numFeatures, Z, Y, X]` → the same.
 *
 * Parameters and buffers: as BatchNorm1d's.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels
 * @source Ioffe and Szegedy 2015 (arXiv 1502.03167), algorithms 1 and 2. PyTorch: `torch.nn.BatchNorm3d`
 * @example
 * new nn.BatchNorm3d(8).forward(zeros([2, 8, 3, 4, 4])).shape; // [2, 8, 3, 4, 4]
 */
export class BatchNorm3d extends BatchNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 5);
  }
}

abstract class InstanceNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  runningMean: Buffer | undefined;
  runningVar: Buffer | undefined;
  numBatchesTracked: Buffer | undefined;

  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super();
    const op = new.target.name;
    const known = ['eps', 'momentum', 'affine', 'trackRunningStats'] as const;
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = checkOptions(op, options, known);
    this.numFeatures = checkSize(op, 'numFeatures', numFeatures);
    checkNonNegative(op, { eps });
    checkShare(op, { momentum });
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? init.ones(new Parameter([numFeatures])) : undefined;
    this.bias = affine ? new Parameter([numFeatures]) : undefined;
    this.runningMean = trackRunningStats ? new Buffer([numFeatures]) : undefined;
    this.runningVar = trackRunningStats ? init.ones(new Buffer([numFeatures])) : undefined;
    this.numBatchesTracked = trackRunningStats ? scope(() => new Buffer(tensor(0, { dtype: 'int32' }))) : undefined;
  }

  protected normalize(x: Tensor, rank: number): Tensor {
    const { weight, bias, runningMean, runningVar, eps, momentum, training } = this;
    checkChannels(this.constructor.name, x, this.numFeatures, [rank]);
    const useInputStats = training || !runningMean;
    return instanceNorm(x, weight, bias, { runningMean, runningVar, useInputStats, momentum, eps });
  }

  override describe(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    const options = { eps, momentum, affine: weight !== undefined, trackRunningStats: runningMean !== undefined };
    const defaults = { eps: 1e-5, momentum: 0.1, affine: false, trackRunningStats: false };
    return describeCall([numFeatures], options, defaults);
  }
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias per channel of each sequence by itself, in training and in `eval()`
 * alike, unless running statistics are kept: these are used in `eval()`.
 *
 * Shape: x `[B, numFeatures, X]` → the same.
 *
 * Parameters with `affine`: `weight`, ones, and `bias`, zeros. Buffers with `trackRunningStats`: `runningMean`, zeros,
 * `runningVar`, ones, and `numBatchesTracked`, which stays 0, as PyTorch's does. All [numFeatures] but the last, a scalar.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels, or one position per map
 * @source Ulyanov et al. 2016 (arXiv 1607.08022), eq. 3. PyTorch: `torch.nn.InstanceNorm1d`
 * @example
 * new nn.InstanceNorm1d(8).forward(randn([2, 8, 9])).shape; // [2, 8, 9]
 */
export class InstanceNorm1d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 3);
  }
}

/**
 * InstanceNorm1d of images.
 *
 * Shape: x `[B, numFeatures, Y, X]` → the same.
 *
 * Parameters and buffers: as InstanceNorm1d's.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels, or one position per map
 * @source Ulyanov et al. 2016 (arXiv 1607.08022), eq. 3. PyTorch: `torch.nn.InstanceNorm2d`
 * @example
 * new nn.InstanceNorm2d(8).forward(randn([2, 8, 4, 4])).shape; // [2, 8, 4, 4]
 */
export class InstanceNorm2d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 4);
  }
}

/**
 * InstanceNorm1d of volumes.
 *
 * Shape: x `[B, numFeatures, Z, Y, X]` → the same.
 *
 * Parameters and buffers: as InstanceNorm1d's.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels, or one position per map
 * @source Ulyanov et al. 2016 (arXiv 1607.08022), eq. 3. PyTorch: `torch.nn.InstanceNorm3d`
 * @example
 * new nn.InstanceNorm3d(8).forward(randn([2, 8, 3, 4, 4])).shape; // [2, 8, 3, 4, 4]
 */
export class InstanceNorm3d extends InstanceNorm {
  forward(x: Tensor): Tensor {
    return this.normalize(x, 5);
  }
}

export interface GroupNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias. Default true. */
  affine?: boolean;
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias per channel, where mean and variance are those of the channel's group
 * in its own sample.
 *
 * Shape: x `[B, numChannels, ...]` → the same.
 *
 * Parameters: `weight`, ones, and `bias`, zeros, [numChannels].
 *
 * @throws ShapeError when numGroups does not divide numChannels; from `forward` when x has other channels
 * @source Wu and He 2018 (arXiv 1803.08494), eq. 1 to 7. PyTorch: `torch.nn.GroupNorm`
 * @example
 * new nn.GroupNorm(4, 8).forward(zeros([2, 8, 4, 4])).shape; // [2, 8, 4, 4]
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    const op = 'GroupNorm';
    const { eps = 1e-5, affine = true } = checkOptions(op, options, ['eps', 'affine']);
    this.numGroups = checkSize(op, 'numGroups', numGroups);
    this.numChannels = checkSize(op, 'numChannels', numChannels);
    if (numChannels % numGroups !== 0) {
      const fields = { op, numGroups, numChannels };
      throw new ShapeError(`numGroups ${numGroups} must divide numChannels ${numChannels}`, fields);
    }
    checkNonNegative(op, { eps });
    this.eps = eps;
    this.weight = affine ? init.ones(new Parameter([numChannels])) : undefined;
    this.bias = affine ? new Parameter([numChannels]) : undefined;
  }

  forward(x: Tensor): Tensor {
    if (x.shape[1] !== this.numChannels) {
      const message = `x has shape ${formatShape(x.shape)}; it must be [B, ${this.numChannels}, ...]`;
      throw new ShapeError(message, { op: 'GroupNorm', shape: x.shape });
    }
    return groupNorm(x, this.numGroups, this.weight, this.bias, { eps: this.eps });
  }

  override describe(): string {
    const { numGroups, numChannels, eps, weight } = this;
    return describeCall([numGroups, numChannels], { eps, affine: weight !== undefined }, { eps: 1e-5, affine: true });
  }
}
