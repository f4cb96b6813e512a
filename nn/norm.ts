import type { Shape, Tensor } from '../index.ts';
import { layerNorm, rmsNorm, ShapeError } from '../index.ts';
import { checkOptions } from '../tensor/options.ts';
import { checkNonNegative } from '../tensor/range.ts';
import { checkSize, describeCall } from './check.ts';
import * as init from './init.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learn a weight and a bias. Default true. */
  elementwiseAffine?: boolean;
  /** Learn the bias too. Default true. */
  bias?: boolean;
}

/** The sizes of the normalised axes. */
function normalized(op: string, normalizedShape: number | Shape): number[] {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
  if (shape.length === 0) throw new ShapeError('normalizedShape is []; name at least one axis', { op });
  return shape.map((n) => checkSize(op, 'normalizedShape', n));
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
    const shape = normalized('LayerNorm', normalizedShape);
    this.normalizedShape = shape;
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

export interface RMSNormOptions {
  /** Added to the mean of squares. Default 2⁻²³, as in PyTorch for float32. */
  eps?: number;
  /** Learn a weight. Default true. */
  elementwiseAffine?: boolean;
}

/**
 * y = x / √(mean x² + eps) · weight, over the last axes.
 *
 * Shape: x `[..., *normalizedShape]` → the same.
 *
 * Parameters: `weight`, ones, of normalizedShape.
 *
 * @throws ShapeError from `forward` when x does not end in normalizedShape
 * @source Zhang and Sennrich 2019 (arXiv 1910.07467), eq. 4. PyTorch: `torch.nn.RMSNorm`
 * @example
 * new nn.RMSNorm(64).forward(zeros([2, 7, 64])).shape; // [2, 7, 64]
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  weight: Parameter | undefined;

  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super();
    const { eps = 2 ** -23, elementwiseAffine = true } = checkOptions('RMSNorm', options, ['eps', 'elementwiseAffine']);
    this.normalizedShape = normalized('RMSNorm', normalizedShape);
    checkNonNegative('RMSNorm', { eps });
    this.eps = eps;
    this.weight = elementwiseAffine ? init.ones(new Parameter(this.normalizedShape)) : undefined;
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, { normalizedShape: this.normalizedShape, eps: this.eps });
  }

  override describe(): string {
    const { normalizedShape, eps, weight } = this;
    const options = { eps, elementwiseAffine: weight !== undefined };
    return describeCall([normalizedShape], options, { eps: 2 ** -23, elementwiseAffine: true });
  }
}
