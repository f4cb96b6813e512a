// Convolution and its gradients: each element of a result walks the products that it is made of, and skips what lies outside.

import type { Kernel } from '../../autograd/types.ts';
import type { InputGradAttrs, WeightGradAttrs } from './conv2d.ts';
import type { ConvolutionAttrs, Grid } from './problem.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { indices } from '../runtime/webgl/glsl.ts';
import { resolveConvolution } from './problem.ts';

function keyOf(name: string, grid: Grid): string {
  return `${name} ${Object.values(grid).flat().join()}`;
}

/** Splits k, the number of the term, into c, u and v: a channel and a tap. */
const taps = ([kh, kw]: readonly [number, number]): string =>
  `int v = k % ${kw}; int u = k / ${kw} % ${kh}; int c = k / ${kh * kw};`;

export const conv2dWebgl: Kernel<['x', 'weight', 'bias?'], ConvolutionAttrs> = ({ x, weight, bias }, attrs, [y]) => {
  const grid = resolveConvolution('conv2d', x.shape, weight.shape, attrs);
  const { groups, channels, rows, source, size, kernel, stride, dilation, offset } = grid;
  const [h, w] = source;
  const count = channels * kernel[0] * kernel[1];
  accumulate(
    {
      key: keyOf(`conv2d ${bias ? 'bias' : ''}`, grid),
      inputs: { x, weight, ...(bias && { bias }) },
      count,
      setup: `${indices([1, groups * rows, ...size])}
  int top = i2 * ${stride[0]} + ${offset[0]};
  int left = i3 * ${stride[1]} + ${offset[1]};
  int maps = (i0 * ${groups} + i1 / ${rows}) * ${channels};`,
      term: `${taps(kernel)}
    int y = top + u * ${dilation[0]};
    int z = left + v * ${dilation[1]};
    bool isInside = y >= 0 && y < ${h} && z >= 0 && z < ${w};
    float term = isInside ? x(((maps + c) * ${h} + y) * ${w} + z) * weight(i1 * ${count} + k) : 0.0;`,
      ...(bias && { finish: 's + bias(i1)' }),
    },
    y!,
  );
};

/** Of the windows that hold a place, those whose tap u (v) falls on it begin a multiple of the stride apart. */
export const conv2dInputGradWebgl: Kernel<['gradient', 'weight'], InputGradAttrs> = (inputs, attrs, [dx]) => {
  const { gradient, weight } = inputs;
  const grid = resolveConvolution('conv2dInputGrad', dx!.shape, weight.shape, attrs);
  const { groups, channels, rows, source, size, kernel, stride, dilation, offset } = grid;
  accumulate(
    {
      key: keyOf('conv2dInputGrad', grid),
      inputs: { gradient, weight },
      count: rows * kernel[0] * kernel[1],
      setup: `${indices([1, groups * channels, ...source])}
  int group = i1 / ${channels};`,
      term: `${taps(kernel)}
    int y = i2 - u * ${dilation[0]} - (${offset[0]});
    int z = i3 - v * ${dilation[1]} - (${offset[1]});
    bool isSeen = y >= 0 && z >= 0 && y % ${stride[0]} == 0 && z % ${stride[1]} == 0;
    y /= ${stride[0]};
    z /= ${stride[1]};
    int o = group * ${rows} + c;
    float term = isSeen && y < ${size[0]} && z < ${size[1]}
      ? gradient(((i0 * ${groups * rows} + o) * ${size[0]} + y) * ${size[1]} + z) *
        weight(((o * ${channels} + i1 % ${channels}) * ${kernel[0]} + u) * ${kernel[1]} + v)
      : 0.0;`,
    },
    dx!,
  );
};

export const conv2dWeightGradWebgl: Kernel<['x', 'gradient'], WeightGradAttrs> = ({ x, gradient }, attrs, [dw]) => {
  const grid = resolveConvolution('conv2dWeightGrad', x.shape, dw!.shape, attrs);
  const { images, groups, channels, rows, source, size, kernel, stride, dilation, offset } = grid;
  const [h, w] = source;
  const positions = size[0] * size[1];
  accumulate(
    {
      key: keyOf('conv2dWeightGrad', grid),
      inputs: { x, gradient },
      count: images * positions,
      setup: `${indices([groups * rows, channels, ...kernel])}
  int channel = i0 / ${rows} * ${channels} + i1;
  int top = i2 * ${dilation[0]} + ${offset[0]};
  int left = i3 * ${dilation[1]} + ${offset[1]};`,
      term: `int image = k / ${positions};
    int at = k % ${positions};
    int y = top + at / ${size[1]} * ${stride[0]};
    int z = left + at % ${size[1]} * ${stride[1]};
    bool isInside = y >= 0 && y < ${h} && z >= 0 && z < ${w};
    float term = isInside
      ? x(((image * ${groups * channels} + channel) * ${h} + y) * ${w} + z) * gradient((image * ${groups * rows} + i0) * ${positions} + at)
      : 0.0;`,
    },
    dw!,
  );
};
