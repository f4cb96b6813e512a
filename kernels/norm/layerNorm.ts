import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Extent } from './gradients.ts';
import type { Groups } from './loops.ts';
import { defineOp } from '../../autograd/op.ts';
import { wideDtype } from '../../autograd/types.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { checkShapes } from './checks.ts';
import { secondGradients, statisticsGradient } from './gradients.ts';
import { layerNormBackwardCpu, layerNormForwardCpu } from './layerNorm.cpu.ts';
import { normalize, normalizeBackward } from './loops.ts';
import { checkOptions } from '../../tensor/options.ts';

export interface LayerNormAxes {
  /** How many of the last axes are normalised together. */
  axes?: number;
}

/** The sizes of the axes in front, and of the normalised ones. */
export function splitAxes(op: string, x: Shape, axes: number): { lead: Shape; normal: Shape } {
  if (!Number.isInteger(axes) || axes < 1 || axes > x.length) {
    const range = x.length === 0 ? 'a tensor of rank 0 has no axes' : `use 1..${x.length}`;
    throw new ShapeError(`cannot normalise the last ${axes} axes of ${formatShape(x)}; ${range}`, { op, axes, x });
  }
  return { lead: x.slice(0, x.length - axes), normal: x.slice(x.length - axes) };
}

function groupsOf(x: Shape, axes: number): Groups {
  const normal = x.slice(x.length - axes);
  const n = normal.reduce((a, b) => a * b, 1);
  const statistics = x.slice(0, x.length - axes);
  return { statistics, statistic: (i) => Math.floor(i / n), parameters: normal, parameter: (i) => i % n };
}

function extentOf(x: Shape, axes: number): Extent {
  const lead = x.length - axes;
  return { statistics: x.map((_, axis) => axis).slice(lead), aligned: x.slice(lead) };
}

/** `layerNorm` with the mean and 1 / √(variance + eps) of each row, which its backward needs: float32 where x is float16. */
export const layerNormForward: Op<
  ['x', 'weight?', 'bias?'],
  LayerNormAxes & { eps?: number },
  ['output', 'mean', 'rstd']
> = defineOp({
  name: 'layerNormForward',
  inputs: ['x', 'weight?', 'bias?'],
  autocast: 'float32',
  outputs: ['output', 'mean', 'rstd'],
  attrs: { axes: 1, eps: 1e-5 },
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, weight, bias }, { axes, eps }) {
    const { lead, normal } = splitAxes('layerNorm', x, axes);
    checkShapes('layerNorm', { weight, bias }, normal);
    checkNonNegative('layerNorm', { eps });
    return [x, lead, lead];
  },
  reference: ({ x, weight, bias }, { axes, eps }) => normalize(x, weight, bias, eps, groupsOf(x.shape, axes)),
  kernels: { cpu: layerNormForwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd'],
  backward({ grads: [g, gm, gr], inputs: { x, weight }, outputs: { mean, rstd }, attrs: { axes }, needs, shapes }) {
    const [dx, dweight, dbias] = g ? layerNormBackward(x, weight, mean, rstd, g, { axes }) : [null, null, null];
    const rest = gm || gr ? statisticsGradient({ x, mean, rstd }, gm, gr, extentOf(shapes.x, axes)) : null;
    return {
      x: dx && rest ? dx.add(rest) : (dx ?? rest),
      weight: needs.weight ? dweight : null,
      bias: needs.bias ? dbias : null,
    };
  },
});

/** The gradients of layerNorm's output for x, weight and bias, the last two also where there are none; float32 where x is float16. */
export const layerNormBackward: Op<
  ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  LayerNormAxes,
  ['dx', 'dweight', 'dbias']
> = defineOp({
  name: 'layerNormBackward',
  inputs: ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'],
  outputs: ['dx', 'dweight', 'dbias'],
  attrs: { axes: 1 },
  dtype: (dtype) => [dtype, wideDtype(dtype), wideDtype(dtype)],
  shape({ x, weight, mean, rstd, g }, { axes }) {
    const { lead, normal } = splitAxes('layerNormBackward', x, axes);
    checkShapes('layerNormBackward', { weight }, normal);
    checkShapes('layerNormBackward', { mean, rstd }, lead);
    checkShapes('layerNormBackward', { g }, x);
    return [x, normal, normal];
  },
  reference: (inputs, { axes }) => normalizeBackward(inputs, groupsOf(inputs.x.shape, axes)),
  kernels: { cpu: layerNormBackwardCpu },
  saves: ['x', 'weight', 'mean', 'rstd', 'g'],
  backward: ({ grads, inputs, attrs: { axes }, shapes }) => secondGradients(inputs, grads, extentOf(shapes.x, axes)),
});

export interface LayerNormOptions {
  /** The sizes of the last axes, normalised together. Default: weight's shape, else bias's, else the last axis. */
  normalizedShape?: number | readonly number[];
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * Each row with mean 0 and variance 1, then scaled and shifted: (x − mean) / √(variance + eps) ⊙ weight + bias. Mean
 * and (biased) variance are taken over the last axes, `normalizedShape`. x [..., *normalizedShape] → the same shape.
 *
 * @throws ShapeError when x does not end in `normalizedShape`, or weight or bias have another shape.
 * @source Ba et al., "Layer Normalization", 2016, eq. 4
 * @example
 * layerNorm(tensor([[1, 2, 3]])); // [[-1.2247, 0, 1.2247]]
 */
export function layerNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options?: LayerNormOptions): Tensor {
  checkTensor('layerNorm', 'x', x);
  const { normalizedShape = weight?.shape ?? bias?.shape ?? x.shape.slice(-1), eps = 1e-5 } = checkOptions(
    'layerNorm',
    options,
    ['normalizedShape', 'eps'],
  );
  const normal = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  if (!sameShape(x.shape.slice(x.rank - normal.length), normal)) {
    const shapes = { op: 'layerNorm', x: x.shape, normalizedShape: normal };
    throw new ShapeError(
      `x of shape ${formatShape(x.shape)} must end in normalizedShape ${formatShape(normal)}`,
      shapes,
    );
  }
  const [output, mean, rstd] = layerNormForward(x, weight, bias, { axes: normal.length, eps });
  mean.dispose();
  rstd.dispose();
  return output;
}
