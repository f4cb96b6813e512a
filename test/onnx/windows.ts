// Convolutions and pools: kernel, strides and padding in ONNX's words.

import type { Tensor } from '../../index.ts';
import type { Call } from './call.ts';
import * as vicinal from '../../index.ts';
import { NotHere } from './notHere.ts';

const ops = vicinal as unknown as Record<string, (...args: unknown[]) => Tensor>;

interface Windows {
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  /** [before, after] of each axis. */
  readonly pads: [number, number][];
}

function windowsOf(call: Call, size: readonly number[]): Windows {
  const axes = size.length;
  const kernel = call.list('kernel_shape') ?? call.inputs[1]!.shape.slice(2);
  const stride = call.list('strides') ?? kernel.map(() => 1);
  const dilation = call.list('dilations') ?? kernel.map(() => 1);
  const auto = call.text('auto_pad', 'NOTSET');
  const given = call.list('pads') ?? new Array<number>(2 * axes).fill(0);
  const pads = kernel.map((k, i): [number, number] => {
    if (!auto.startsWith('SAME')) return [given[i]!, given[i + axes]!];
    const all = (Math.ceil(size[i]! / stride[i]!) - 1) * stride[i]! + (k - 1) * dilation[i]! + 1 - size[i]!;
    const [less, more] = [Math.floor(Math.max(0, all) / 2), Math.ceil(Math.max(0, all) / 2)];
    return auto === 'SAME_UPPER' ? [less, more] : [more, less];
  });
  return { kernel, stride, dilation, pads };
}

const isEven = (pads: readonly (readonly [number, number])[]): boolean => pads.every(([a, b]) => a === b);

export function convolution(call: Call): Tensor {
  const [x, weight, bias] = call.inputs as [Tensor, Tensor, Tensor | undefined];
  const { stride, dilation, pads } = windowsOf(call, x.shape.slice(2));
  const whole = isEven(pads) ? x : vicinal.pad(x, pads);
  const padding = isEven(pads) ? pads.map(([before]) => before) : pads.map(() => 0);
  const options = { stride, dilation, padding, groups: call.number('group', 1) };
  return ops[`conv${pads.length}d`]!(whole, weight, bias, options);
}

export function convolutionTransposed(call: Call): Tensor {
  const [x, weight, bias] = call.inputs as [Tensor, Tensor, Tensor | undefined];
  if (call.list('output_shape') || call.text('auto_pad', 'NOTSET') !== 'NOTSET')
    throw new NotHere('padding that follows from the size of the result');
  const { stride, dilation, pads } = windowsOf(call, x.shape.slice(2));
  if (!isEven(pads)) throw new NotHere('padding that differs from side to side');
  const outputPadding = call.list('output_padding') ?? pads.map(() => 0);
  const options = { stride, dilation, padding: pads.map(([before]) => before), outputPadding };
  return ops[`convTranspose${pads.length}d`]!(x, weight, bias, { ...options, groups: call.number('group', 1) });
}

export function pool(name: 'avgPool' | 'maxPool', call: Call): Tensor {
  if (call.number('outputs', 1) > 1) throw new NotHere('the places of maxima over all maps');
  const { x } = call;
  const { kernel, stride, dilation, pads } = windowsOf(call, x.shape.slice(2));
  const isMaximum = name === 'maxPool';
  const counts = call.number('count_include_pad', 0) === 1;
  const isOver = pads.some(([before], i) => before > kernel[i]! / 2);
  const fits = isEven(pads) && !isOver;
  if (!isMaximum && !fits && !counts) throw new NotHere('uneven or wide padding that is not counted');
  const whole = fits ? x : vicinal.pad(x, pads, isMaximum ? { value: -Infinity } : {});
  return ops[`${name}${kernel.length}d`]!(whole, {
    kernelSize: kernel,
    stride,
    padding: whole === x ? pads.map(([before]) => before) : 0,
    ceilMode: call.number('ceil_mode', 0) === 1,
    ...(isMaximum ? { dilation } : { countIncludePad: counts }),
  });
}
