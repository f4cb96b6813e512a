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
 * On `cpu`, 3×3 weights of many channels with stride 1 are applied to tiles of 2×2 results by Winograd's method: rounding is
 * relative to the largest products of a tile, and an infinite x gives NaN where it is seen.
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
});

/** The gradient of conv2d by x. gradient [N, O, OH, OW], weight [O, C / groups, kh, kw] → [N, C, *size]. */
export const conv2dInputGrad: Op<['gradient', 'weight'], InputGradAttrs> = defineOp({
  name: 'conv2dInputGrad',
  inputs: ['gradient', 'weight'],
  flops: ({ gradient, weight }) => 2 * sizeOf(gradient) * sizeOf(weight.slice(1)),
  autocast: 'float16',
  attrs: defaults,
  required: ['size'],
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
});

/** The gradient of conv2d by its weights. x [N, C, H, W], gradient [N, O, OH, OW] → [O, C / groups, *kernelSize]. */
export const conv2dWeightGrad: Op<['x', 'gradient'], WeightGradAttrs> = defineOp({
  name: 'conv2dWeightGrad',
  inputs: ['x', 'gradient'],
  flops: ({ gradient }, _attrs, [weight]) => 2 * sizeOf(gradient) * sizeOf(weight!.slice(1)),
  attrs: defaults,
  required: ['kernelSize'],
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
});
