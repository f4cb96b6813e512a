import type { Shape, Tensor } from '../index.ts';
import { batchNorm, layerNorm, noGrad, scope, ShapeError, tensor } from '../index.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkNonNegative, checkShare } from '../tensor/range.ts';
import { checkSize, describeCall } from './check.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Buffer, Parameter } from './parameter.ts';

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias. Default true. */
  elementwiseAffine?: boolean;
  /** Learn the bias too. Default true. */
  bias?: boolean;
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias, over the last axes; the variance is the biased one.
 *
 * Shape: x `[..., *normalizedShape]` → the same.
 *
 * Parameters: `weight`, ones, and `bias`, zeros, both of normalizedShape.
 *
 * @throws ShapeError from `forward` when x does not end in normalizedShape
 * @source Ba et al. 2016 (arXiv 1607.06450), eq. 4. PyTorch: `torch.nn.LayerNorm`
 * @example
 * new nn.LayerNorm(64).forward(zeros([2, 7, 64])).shape; // [2, 7, 64]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    super();
    const known = ['eps', 'elementwiseAffine', 'bias'] as const;
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = checkOptions('LayerNorm', options, known);
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.normalizedShape = shape.map((n) => checkSize('LayerNorm', 'normalizedShape', n));
    if (shape.length === 0) throw new ShapeError('normalizedShape is []; name at least one axis', { op: 'LayerNorm' });
    checkNonNegative('LayerNorm', { eps });
    this.eps = eps;
    this.weight = elementwiseAffine ? init.ones(new Parameter(shape)) : undefined;
    this.bias = elementwiseAffine && bias ? new Parameter(shape) : undefined;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, { normalizedShape: this.normalizedShape, eps: this.eps });
  }

  override describe(): string {
    const { normalizedShape, eps, weight, bias } = this;
    const options = { eps, elementwiseAffine: weight !== undefined, bias: bias !== undefined || weight === undefined };
    return describeCall([normalizedShape], options, { eps: 1e-5, elementwiseAffine: true, bias: true });
  }
}

export interface BatchNorm2dOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** The share of a batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Learn a weight and a bias. Default true. */
  affine?: boolean;
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias per channel, over a batch of images. While training the statistics
 * are the batch's, and running ones are kept; in `eval()` the running ones are used.
 *
 * Shape: x `[B, numFeatures, Y, X]` → the same.
 *
 * Parameters: `weight`, ones, and `bias`, zeros. Buffers: `runningMean`, zeros, `runningVar`, ones (of the unbiased
 * variance), and `numBatchesTracked`. All [numFeatures] but the last, a scalar.
 *
 * @throws ShapeError from `forward` when x has another rank or number of channels
 * @source Ioffe and Szegedy 2015 (arXiv 1502.03167), algorithms 1 and 2. PyTorch: `torch.nn.BatchNorm2d`
 * @example
 * new nn.BatchNorm2d(8).forward(zeros([2, 8, 4, 4])).shape; // [2, 8, 4, 4]
 */
export class BatchNorm2d extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  weight: Parameter | undefined;
  bias: Parameter | undefined;
  runningMean: Buffer;
  runningVar: Buffer;
  numBatchesTracked: Buffer;

  constructor(numFeatures: number, options: BatchNorm2dOptions = {}) {
    super();
    const known = ['eps', 'momentum', 'affine'] as const;
    const { eps = 1e-5, momentum = 0.1, affine = true } = checkOptions('BatchNorm2d', options, known);
    this.numFeatures = checkSize('BatchNorm2d', 'numFeatures', numFeatures);
    checkNonNegative('BatchNorm2d', { eps });
    checkShare('BatchNorm2d', { momentum });
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? init.ones(new Parameter([numFeatures])) : undefined;
    this.bias = affine ? new Parameter([numFeatures]) : undefined;
    this.runningMean = new Buffer([numFeatures]);
    this.runningVar = init.ones(new Buffer([numFeatures]));
    this.numBatchesTracked = scope(() => new Buffer(tensor(0, { dtype: 'int32' })));
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, eps, momentum, training } = this;
    this.#check(x);
    const y = batchNorm(x, weight, bias, { runningMean, runningVar, training, momentum, eps });
    if (training) this.#count();
    return y;
  }

  /** Adds one to numBatchesTracked, wherever it lives. */
  #count(): void {
    scope(() => noGrad(() => this.numBatchesTracked.become(this.numBatchesTracked.add(1))));
  }

  #check({ shape }: Tensor): void {
    if (shape.length === 4 && shape[1] === this.numFeatures) return;
    throw new ShapeError(`x has shape ${formatShape(shape)}; it must be [B, ${this.numFeatures}, Y, X]`, {
      op: 'BatchNorm2d',
      shape,
    });
  }

  override describe(): string {
    const { numFeatures, eps, momentum, weight } = this;
    const options = { eps, momentum, affine: weight !== undefined };
    return describeCall([numFeatures], options, { eps: 1e-5, momentum: 0.1, affine: true });
  }
}
