import type { Kernel } from '../../autograd/types.ts';
import type { InputGradAttrs, WeightGradAttrs } from './conv2d.ts';
import type { ConvolutionAttrs } from './problem.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { convolve, correlate } from './convolution.cpu.ts';
import { convolveBack } from './inputGrad.cpu.ts';
import { resolveConvolution } from './problem.ts';

export const conv2dCpu: Kernel<['x', 'weight', 'bias?'], ConvolutionAttrs> = ({ x, weight, bias }, attrs, outputs) => {
  const grid = resolveConvolution('conv2d', x.shape, weight.shape, attrs);
  convolve(grid, pointer(x), pointer(weight), bias ? pointer(bias) : 0, pointer(outputs[0]!));
};

export const conv2dInputGradCpu: Kernel<['gradient', 'weight'], InputGradAttrs> = (inputs, attrs, outputs) => {
  const { gradient, weight } = inputs;
  const grid = resolveConvolution('conv2dInputGrad', outputs[0]!.shape, weight.shape, attrs);
  convolveBack(grid, pointer(gradient), pointer(weight), pointer(outputs[0]!));
};

export const conv2dWeightGradCpu: Kernel<['x', 'gradient'], WeightGradAttrs> = ({ x, gradient }, attrs, outputs) => {
  const grid = resolveConvolution('conv2dWeightGrad', x.shape, outputs[0]!.shape, attrs);
  correlate(grid, pointer(x), pointer(gradient), pointer(outputs[0]!));
};
