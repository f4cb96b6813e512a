// Convolution and its two gradients. Each one's gradients are the other two, so they are in one file.

import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { ConvolutionAttrs } from './problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import { conv2dCpu, conv2dInputGradCpu, conv2dWeightGradCpu } from './conv2d.cpu.ts';
import { checkGradient, checkImages, outputShape, readPair, resolveConvolution } from './problem.ts';
import { forEachProduct, outputLength, zerosOf } from './reference.ts';

export interface InputGradAttrs extends ConvolutionAttrs {
  /** [H, W] of the input. */
  size: Shape;
}

export interface WeightGradAttrs extends ConvolutionAttrs {
  /** [kh, kw] of the weights. */
  kernelSize: Shape;
}

const defaults = { stride: 1, padding: 0, dilation: 1, groups: 1 };

/**
 * y[n, o, i, j] = bias[o] + Σ_{c, u, v} weight[o, c, u, v] · x[n, c, s(i, u), s(j, v)], where x is zero outside,
 * s(i, u) = i · stride + u · dilation − padding, and c runs over the channels of o's group.
 * x [N, C, H, W], weight [O, C / groups, kh, kw], bias [O] → [N, O, OH, OW],
 * OH = ⌊(H + 2 · padding − dilation · (kh − 1) − 1) / stride⌋ + 1.
 *
 * @throws ShapeError when channels, groups or the kernel do not fit
 *
 * @example
 * conv2d(zeros([1, 3, 32, 32]), zeros([8, 3, 3, 3]), undefined, { stride: 2, padding: 1 }).shape;     // [1, 8, 16, 16]
 */
export const conv2d: Op<['x', 'weight', 'bias?'], ConvolutionAttrs> = defineOp({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias?'],
  autocast: 'float16',
  attrs: defaults,
  flops: ({ weight }, _attrs, [output]) => 2 * sizeOf(output!) * sizeOf(weight.slice(1)),
  shape({ x, weight, bias }, attrs) {
    const grid = resolveConvolution('conv2d', x, weight, attrs);
    if (bias && !(bias.length === 1 && bias[0] === weight[0])) {
      const wanted = `it must be [${weight[0]}]`;
      throw new ShapeError(`bias ${formatShape(bias)} does not fit weight ${formatShape(weight)}; ${wanted}`, {
        op: 'conv2d',
        bias,
        weight,
      });
    }
    return outputShape(grid);
  },
  reference({ x, weight, bias }, attrs) {
    const [rows, columns] = ([0, 1] as const).map((axis) => outputLength(x.shape, weight.shape, attrs, axis));
    const y = zerosOf([x.shape[0]!, weight.shape[0]!, rows!, columns!]);
    const positions = rows! * columns!;
    if (bias) y.data.forEach((_, i) => (y.data[i] = bias.data[Math.floor(i / positions) % weight.shape[0]!]!));
    forEachProduct(x.shape, weight.shape, y.shape, attrs, (xAt, weightAt, yAt) => {
      y.data[yAt]! += x.data[xAt]! * weight.data[weightAt]!;
    });
    return y;
  },
  kernels: { cpu: conv2dCpu },
  saves: ['x', 'weight'],
  backward({ grads: [g], inputs: { x, weight }, attrs, needs }) {
    return {
      x: needs.x ? conv2dInputGrad(g, weight, { ...attrs, size: x.shape.slice(2) }) : null,
      weight: needs.weight ? conv2dWeightGrad(x, g, { ...attrs, kernelSize: weight.shape.slice(2) }) : null,
      bias: needs.bias ? g.sum({ axis: [0, 2, 3] }) : null,
    };
  },
  samples: [
    { x: [2, 3, 7, 9], weight: [5, 3, 3, 3], bias: [5] },
    { x: [2, 3, 7, 9], weight: [5, 3, 3, 3], bias: [5], attrs: { padding: 1 } },
    { x: [1, 2, 12, 11], weight: [7, 2, 1, 1] },
    { x: [2, 4, 9, 8], weight: [6, 2, 3, 2], bias: [6], attrs: { stride: 2, padding: [1, 0], groups: 2 } },
    { x: [1, 3, 11, 10], weight: [3, 1, 3, 3], attrs: { padding: 2, dilation: 2, groups: 3 } },
    { x: [1, 2, 10, 13], weight: [3, 2, 2, 4], attrs: { stride: [3, 2], padding: [0, 3], dilation: [2, 3] } },
    { x: [1, 1, 2, 3], weight: [2, 1, 5, 4], bias: [2], attrs: { padding: 2 } },
    { x: [1, 40, 5, 6], weight: [13, 40, 3, 3], attrs: { padding: 1 } },
    { x: [0, 2, 5, 5], weight: [3, 2, 3, 3], bias: [3] },
  ],
  errors: [
    { x: [3, 8, 8], weight: [4, 3, 3, 3], throws: 'x.unsqueeze(0) adds the batch axis' },
    { x: [1, 3, 8, 8], weight: [4, 3, 3], throws: 'it must be [O, C / groups, kh, kw]' },
    { x: [1, 3, 8, 8], weight: [4, 2, 3, 3], throws: 'reads 2 in each of 1 groups; x must have 2' },
    { x: [1, 4, 8, 8], weight: [3, 2, 3, 3], attrs: { groups: 2 }, throws: '2 groups must divide them' },
    {
      x: [1, 3, 8, 8],
      weight: [4, 3, 9, 3],
      throws: 'a kernel that spans [9, 3] does not fit a padded input of [8, 8]',
    },
    { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], bias: [3], throws: 'it must be [4]' },
    { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { stride: 0 }, throws: 'stride 0 must be an integer >= 1' },
    { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { padding: [1, -1] }, throws: 'padding [1, -1] must be' },
    { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { dilation: 1.5 }, throws: 'dilation 1.5 must be' },
    { x: [1, 3, 8, 8], weight: [4, 3, 3, 3], attrs: { groups: 0 }, throws: 'groups 0 must be' },
  ],
});

/** The gradient of conv2d by x. gradient [N, O, OH, OW], weight [O, C / groups, kh, kw] → [N, C, *size]. */
export const conv2dInputGrad: Op<['gradient', 'weight'], InputGradAttrs> = defineOp({
  name: 'conv2dInputGrad',
  inputs: ['gradient', 'weight'],
  flops: ({ gradient, weight }) => 2 * sizeOf(gradient) * sizeOf(weight.slice(1)),
  autocast: 'float16',
  attrs: defaults,
  shape({ gradient, weight }, attrs) {
    checkImages('conv2dInputGrad', gradient, 'gradient');
    const size = readPair('conv2dInputGrad', 'size', attrs.size, 1);
    const x = [gradient[0]!, (weight[1] ?? 1) * attrs.groups, ...size];
    checkGradient('conv2dInputGrad', gradient, resolveConvolution('conv2dInputGrad', x, weight, attrs));
    return x;
  },
  reference({ gradient, weight }, attrs) {
    const dx = zerosOf([gradient.shape[0]!, weight.shape[1]! * attrs.groups, ...attrs.size]);
    forEachProduct(dx.shape, weight.shape, gradient.shape, attrs, (xAt, weightAt, yAt) => {
      dx.data[xAt]! += gradient.data[yAt]! * weight.data[weightAt]!;
    });
    return dx;
  },
  kernels: { cpu: conv2dInputGradCpu },
  saves: ['gradient', 'weight'],
  backward({ grads: [g], inputs: { gradient, weight }, attrs, needs }) {
    const { size: _size, ...shared } = attrs;
    return {
      gradient: needs.gradient ? conv2d(g, weight, undefined, shared) : null,
      weight: needs.weight ? conv2dWeightGrad(g, gradient, { ...shared, kernelSize: weight.shape.slice(2) }) : null,
    };
  },
  samples: [
    { gradient: [2, 5, 7, 9], weight: [5, 3, 3, 3], attrs: { size: [7, 9], padding: 1 } },
    { gradient: [1, 6, 5, 4], weight: [6, 2, 3, 3], attrs: { size: [10, 9], stride: 2, padding: [1, 0], groups: 2 } },
    { gradient: [1, 3, 3, 3], weight: [3, 2, 1, 2], attrs: { size: [7, 10], stride: [3, 3], dilation: [1, 2] } },
    { gradient: [0, 3, 3, 3], weight: [3, 2, 3, 3], attrs: { size: [5, 5] } },
    { gradient: [1, 0, 3, 3], weight: [0, 2, 3, 3], attrs: { size: [5, 5] } },
  ],
  errors: [
    {
      gradient: [1, 3, 4, 3],
      weight: [3, 2, 3, 3],
      attrs: { size: [5, 5] },
      throws: "must be the output's [1, 3, 3, 3]",
    },
  ],
});

/** The gradient of conv2d by its weights. x [N, C, H, W], gradient [N, O, OH, OW] → [O, C / groups, *kernelSize]. */
export const conv2dWeightGrad: Op<['x', 'gradient'], WeightGradAttrs> = defineOp({
  name: 'conv2dWeightGrad',
  inputs: ['x', 'gradient'],
  flops: ({ gradient }, _attrs, [weight]) => 2 * sizeOf(gradient) * sizeOf(weight!.slice(1)),
  attrs: defaults,
  shape({ x, gradient }, attrs) {
    checkImages('conv2dWeightGrad', x);
    checkImages('conv2dWeightGrad', gradient, 'gradient');
    const kernel = readPair('conv2dWeightGrad', 'kernelSize', attrs.kernelSize, 1);
    const weight = [gradient[1]!, Math.floor(x[1]! / attrs.groups), ...kernel];
    checkGradient('conv2dWeightGrad', gradient, resolveConvolution('conv2dWeightGrad', x, weight, attrs));
    return weight;
  },
  reference({ x, gradient }, attrs) {
    const dw = zerosOf([gradient.shape[1]!, x.shape[1]! / attrs.groups, ...attrs.kernelSize]);
    forEachProduct(x.shape, dw.shape, gradient.shape, attrs, (xAt, weightAt, yAt) => {
      dw.data[weightAt]! += gradient.data[yAt]! * x.data[xAt]!;
    });
    return dw;
  },
  kernels: { cpu: conv2dWeightGradCpu },
  saves: ['x', 'gradient'],
  backward({ grads: [g], inputs: { x, gradient }, attrs, needs }) {
    const { kernelSize: _kernelSize, ...shared } = attrs;
    return {
      x: needs.x ? conv2dInputGrad(gradient, g, { ...shared, size: x.shape.slice(2) }) : null,
      gradient: needs.gradient ? conv2d(x, g, undefined, shared) : null,
    };
  },
  samples: [
    { x: [2, 3, 7, 9], gradient: [2, 5, 7, 9], attrs: { kernelSize: [3, 3], padding: 1 } },
    { x: [3, 4, 10, 9], gradient: [3, 6, 5, 4], attrs: { kernelSize: [3, 3], stride: 2, padding: [1, 0], groups: 2 } },
    { x: [1, 2, 7, 10], gradient: [1, 3, 3, 3], attrs: { kernelSize: [1, 2], stride: [3, 3], dilation: [1, 2] } },
    { x: [19, 1, 4, 5], gradient: [19, 2, 2, 3], attrs: { kernelSize: [3, 3] } },
    { x: [0, 2, 5, 5], gradient: [0, 3, 3, 3], attrs: { kernelSize: [3, 3] } },
  ],
  errors: [
    {
      x: [1, 2, 5, 5],
      gradient: [1, 3, 4, 3],
      attrs: { kernelSize: [3, 3] },
      throws: "must be the output's [1, 3, 3, 3]",
    },
    { x: [1, 2, 5, 5], gradient: [3, 3, 3], attrs: { kernelSize: [3, 3] }, throws: 'gradient [3, 3, 3] has rank 3' },
  ],
});
