// Images as columns of patches, and back.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Pair, Sides } from '../conv/problem.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { checkImages, countWindows, readPair } from '../conv/problem.ts';
import { pad } from '../layout/pad.ts';
import { overlapAdd, slidingWindows } from './slidingWindows.ts';

export interface UnfoldOptions {
  kernelSize: Sides;
  /** From one patch to the next. Default 1. */
  stride?: Sides;
  /** Zeros on each side. Default 0. */
  padding?: Sides;
  /** From one element of a patch to the next. Default 1. */
  dilation?: Sides;
}

export interface FoldOptions extends UnfoldOptions {
  /** [H, W] of the image. */
  outputSize: Sides;
}

interface Patches {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

function patchesOf(op: string, { kernelSize, stride = 1, padding = 0, dilation = 1 }: UnfoldOptions): Patches {
  return {
    kernel: readPair(op, 'kernelSize', kernelSize, 1),
    stride: readPair(op, 'stride', stride, 1),
    padding: readPair(op, 'padding', padding, 0),
    dilation: readPair(op, 'dilation', dilation, 1),
  };
}

/**
 * Each patch of kernelSize elements as a column, channel by channel and row by row: im2col.
 * x [N, C, H, W] → [N, C · kh · kw, patches], where patches run row by row,
 * ⌊(H + 2 · padding − dilation · (kh − 1) − 1) / stride⌋ + 1 down and as many across.
 *
 * @throws ShapeError when x is not [N, C, H, W] or no patch fits
 * @source PyTorch: `torch.nn.functional.unfold`
 * @example
 * unfold(zeros([1, 3, 8, 8]), { kernelSize: 2, stride: 2 }).shape;     // [1, 12, 16]
 */
export function unfold(x: Tensor, options: UnfoldOptions): Tensor {
  const op = 'unfold';
  checkTensor(op, 'x', x);
  const known = ['kernelSize', 'stride', 'padding', 'dilation'] as const;
  const patches = patchesOf(op, checkOptions(op, options, known, ['kernelSize']));
  checkImages(op, x.shape);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [down, across] = countWindows(op, [height, width], patches);
  const { kernel, stride, padding, dilation } = patches;
  return scope(() => {
    const border = padding.map((zeros) => [zeros, zeros] as const);
    const image = padding.some((zeros) => zeros > 0) ? pad(x, border) : x;
    const rows = slidingWindows(image, { axis: 2, size: kernel[0], step: stride[0], dilation: dilation[0] });
    const all = slidingWindows(rows, { axis: 3, size: kernel[1], step: stride[1], dilation: dilation[1] });
    return all.permute(0, 1, 4, 5, 2, 3).reshape([n, channels * kernel[0] * kernel[1], down * across]);
  });
}

/**
 * The sum of patches, each at its place: col2im, the map that `unfold` transposes.
 * x [N, C · kh · kw, patches] → [N, C, *outputSize].
 *
 * @throws ShapeError when x does not have the rows and columns that the image has patches
 * @source PyTorch: `torch.nn.functional.fold`
 * @example
 * await fold(ones([1, 2, 2]), { outputSize: [1, 3], kernelSize: [1, 2] }).array();     // [[[[1, 2, 1]]]]
 */
export function fold(x: Tensor, options: FoldOptions): Tensor {
  const op = 'fold';
  checkTensor(op, 'x', x);
  const known = ['outputSize', 'kernelSize', 'stride', 'padding', 'dilation'] as const;
  const given = checkOptions(op, options, known, ['outputSize', 'kernelSize']);
  const size = readPair(op, 'outputSize', given.outputSize, 1);
  const patches = patchesOf(op, given);
  const [down, across] = countWindows(op, size, patches);
  const { kernel, stride, padding, dilation } = patches;
  const each = kernel[0] * kernel[1];
  if (x.rank !== 3 || x.shape[1]! % each !== 0 || x.shape[2] !== down * across) {
    const wanted = `[N, C · ${each}, ${down * across}]: ${formatShape([down, across])} patches of ${formatShape(kernel)}`;
    throw new ShapeError(`x ${formatShape(x.shape)} must be ${wanted}`, { op, x: x.shape, size, kernel });
  }
  return scope(() => {
    const [n, channels] = [x.shape[0]!, x.shape[1]! / each];
    const columns = x.reshape([n, channels, ...kernel, down, across]);
    const along = (axis: 0 | 1): object => ({ step: stride[axis], dilation: dilation[axis], padding: padding[axis] });
    const rows = overlapAdd(columns.permute(0, 1, 2, 4, 5, 3), { axis: 4, length: size[1], ...along(1) });
    return overlapAdd(rows.permute(0, 1, 3, 4, 2), { axis: 2, length: size[0], ...along(0) });
  });
}
