import type { Kernel } from '../../autograd/types.ts';
import type { InputGradAttrs, WeightGradAttrs } from './conv2d.ts';
import type { ConvolutionAttrs } from './problem.ts';
import { convolve, correlate, mapLayout, weightLayout } from './convolution.webgpu.ts';
import { phasesOf } from './phases.ts';
import { resolveConvolution } from './problem.ts';

export const conv2dWebgpu: Kernel<['x', 'weight', 'bias?'], ConvolutionAttrs> = (
  { x, weight, bias },
  attrs,
  outputs,
) => {
  const grid = resolveConvolution('conv2d', x.shape, weight.shape, attrs);
  const { groups, rows, channels, kernel, size } = grid;
  convolve(grid, x, [weight, weightLayout(rows, channels, ...kernel)], bias, [
    outputs[0]!,
    mapLayout(groups, rows, ...size),
  ]);
};

/**
 * Source positions of equal remainder modulo the stride see the gradient under the same taps, without gaps: for each remainder, a
 * convolution of the gradient by the weights with rows and channels exchanged.
 */
export const conv2dInputGradWebgpu: Kernel<['gradient', 'weight'], InputGradAttrs> = (inputs, attrs, outputs) => {
  const { gradient, weight } = inputs;
  const out = outputs[0]!;
  const grid = resolveConvolution('conv2dInputGrad', out.shape, weight.shape, attrs);
  const { groups, rows, channels, kernel, size, source, stride } = grid;
  const [down, across] = [phasesOf(grid, 0), phasesOf(grid, 1)];
  if ([...down, ...across].some(({ taps }) => taps === 0))
    out.storage.runtime.fill(out.storage.handle, out.dtype, out.size, 0);
  const ofWeights = weightLayout(rows, channels, ...kernel);
  const ofOut = mapLayout(groups, channels, ...source);
  for (const y of down) {
    for (const x of across) {
      if (y.taps * x.taps === 0) continue;
      const phase = {
        ...grid,
        channels: rows,
        rows: channels,
        source: size,
        size: [y.count, x.count],
        kernel: [y.taps, x.taps],
        stride: [1, 1],
        dilation: [y.dilation, x.dilation],
        offset: [y.offset, x.offset],
      } as const;
      const turned = {
        first: y.firstTap * ofWeights.y + x.firstTap,
        group: ofWeights.group,
        row: ofWeights.lead,
        lead: ofWeights.row,
        y: y.tapStep * ofWeights.y,
        x: x.tapStep,
      };
      const place = {
        ...ofOut,
        first: y.first * ofOut.y + x.first,
        y: stride[0] * ofOut.y,
        x: stride[1],
      };
      convolve(phase, gradient, [weight, turned], undefined, [out, place]);
    }
  }
};

export const conv2dWeightGradWebgpu: Kernel<['x', 'gradient'], WeightGradAttrs> = ({ x, gradient }, attrs, outputs) => {
  const grid = resolveConvolution('conv2dWeightGrad', x.shape, outputs[0]!.shape, attrs);
  const { groups, rows, size } = grid;
  correlate(grid, x, [gradient, mapLayout(groups, rows, ...size)], outputs[0]!);
};
