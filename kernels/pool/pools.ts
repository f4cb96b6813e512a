// Pooling over one and three spatial axes, made of that over two: a maximum of maxima, a mean of means.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Sides } from '../conv/problem.ts';
import type { AdaptiveAttrs } from './adaptiveAvgPool2d.ts';
import type { AvgPoolAttrs } from './avgPool2d.ts';
import type { MaxPoolAttrs } from './maxPool2d.ts';
import { scope } from '../../tensor/scope.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { checkSpace, readSides } from '../conv/space.ts';
import { adaptiveAvgPool2d } from './adaptiveAvgPool2d.ts';
import { adaptiveMaxPool2d } from './adaptiveMaxPool2d.ts';
import { avgPool2d } from './avgPool2d.ts';
import { maxPool2d } from './maxPool2d.ts';
import { checkDivisor } from './problem.ts';

/** x [N, C, L] through a pooling of [N, C, 1, L]. */
function ofRow(op: string, x: Tensor, pool: (image: Tensor) => Tensor): Tensor {
  checkTensor(op, 'x', x);
  checkSpace(op, x.shape, 1);
  return scope(() => pool(x.unsqueeze(2)).squeeze(2));
}

/** x [N, C, D, H, W] through a pooling of its frames, then through one of lines of depth: a column of an image each. */
function ofVolume(
  op: string,
  x: Tensor,
  poolFrames: (frames: Tensor) => Tensor,
  poolDepth: (columns: Tensor) => Tensor,
): Tensor {
  checkTensor(op, 'x', x);
  checkSpace(op, x.shape, 3);
  const [n, channels, depth, ...frame] = x.shape as [number, number, number, number, number];
  return scope(() => {
    const frames = poolFrames(x.reshape([n, channels * depth, ...frame]));
    const size = frames.shape.slice(2);
    const volume = poolDepth(frames.reshape([n, channels, depth, size[0]! * size[1]!]));
    return volume.reshape([n, channels, volume.shape[2]!, ...size]);
  });
}

type Windows = Pick<MaxPoolAttrs, 'kernelSize' | 'stride' | 'padding' | 'dilation'>;

/** The windows of one row: those of L, with one element down. */
function rowWindows(op: string, { kernelSize, stride = kernelSize, padding = 0, dilation = 1 }: Windows): Windows {
  const side = (name: string, value: Sides, least: number): number[] => readSides(op, name, value, least, 1);
  return {
    kernelSize: [1, ...side('kernelSize', kernelSize, 1)],
    stride: [1, ...side('stride', stride, 1)],
    padding: [0, ...side('padding', padding, 0)],
    dilation: [1, ...side('dilation', dilation, 1)],
  };
}

/** The windows of frames, and those of depth. */
function volumeWindows(
  op: string,
  { kernelSize, stride = kernelSize, padding = 0, dilation = 1 }: Windows,
): { frames: Windows; depth: Windows } {
  const side = (name: string, value: Sides, least: number): number[] => readSides(op, name, value, least, 3);
  const [kernel, steps, zeros, gaps] = [
    side('kernelSize', kernelSize, 1),
    side('stride', stride, 1),
    side('padding', padding, 0),
    side('dilation', dilation, 1),
  ] as const;
  const of = (take: (sides: readonly number[], rest: number) => number[]): Windows => ({
    kernelSize: take(kernel, 1),
    stride: take(steps, 1),
    padding: take(zeros, 0),
    dilation: take(gaps, 1),
  });
  return { frames: of((sides) => sides.slice(1)), depth: of((sides, rest) => [sides[0]!, rest]) };
}

const known = ['kernelSize', 'stride', 'padding', 'ceilMode'] as const;

function readMax(op: string, attrs: MaxPoolAttrs): MaxPoolAttrs {
  return checkOptions(op, attrs, [...known, 'dilation'], ['kernelSize']);
}

function readAverage(op: string, attrs: AvgPoolAttrs, own: readonly 'divisorOverride'[] = []): AvgPoolAttrs {
  const given = checkOptions(op, attrs, [...known, 'countIncludePad', ...own], ['kernelSize']);
  checkDivisor(op, given);
  return given;
}

function averageWindows({ dilation: _none, ...windows }: Windows): AvgPoolAttrs {
  return windows;
}

/**
 * `maxPool2d` of one row. x [N, C, L] → [N, C, ⌊(L + 2 · padding − dilation · (k − 1) − 1) / stride⌋ + 1].
 *
 * @throws ShapeError or ArgumentError when no window fits or padding exceeds half of the kernel
 * @source PyTorch: `torch.nn.functional.max_pool1d`
 * @example
 * await maxPool1d(tensor([[[1, 3, 2, 4]]]), { kernelSize: 2 }).array();     // [[[3, 4]]]
 */
export function maxPool1d(x: Tensor, attrs: MaxPoolAttrs): Tensor {
  const op = 'maxPool1d';
  const { ceilMode = false, ...given } = readMax(op, attrs);
  return ofRow(op, x, (image) => maxPool2d(image, { ...rowWindows(op, given), ceilMode }));
}

/**
 * The largest element of each window of depth, height and width; of equals, the first has the gradient.
 * x [N, C, D, H, W] → [N, C, OD, OH, OW].
 *
 * @throws ShapeError or ArgumentError when no window fits or padding exceeds half of the kernel
 * @source PyTorch: `torch.nn.functional.max_pool3d`
 * @example
 * maxPool3d(zeros([1, 2, 4, 6, 8]), { kernelSize: 2 }).shape;     // [1, 2, 2, 3, 4]
 */
export function maxPool3d(x: Tensor, attrs: MaxPoolAttrs): Tensor {
  const op = 'maxPool3d';
  const { ceilMode = false, ...given } = readMax(op, attrs);
  const { frames, depth } = volumeWindows(op, given);
  const pool =
    (windows: Windows) =>
    (image: Tensor): Tensor =>
      maxPool2d(image, { ...windows, ceilMode });
  return ofVolume(op, x, pool(frames), pool(depth));
}

/**
 * `avgPool2d` of one row. x [N, C, L] → [N, C, ⌊(L + 2 · padding − k) / stride⌋ + 1].
 *
 * @throws ShapeError or ArgumentError when no window fits or padding exceeds half of the kernel
 * @source PyTorch: `torch.nn.functional.avg_pool1d`
 * @example
 * await avgPool1d(tensor([[[1, 3, 2, 4]]]), { kernelSize: 2 }).array();     // [[[2, 3]]]
 */
export function avgPool1d(x: Tensor, attrs: Omit<AvgPoolAttrs, 'divisorOverride'>): Tensor {
  const op = 'avgPool1d';
  const { ceilMode = false, countIncludePad = true, ...given } = readAverage(op, attrs);
  const windows = averageWindows(rowWindows(op, given));
  return ofRow(op, x, (image) => avgPool2d(image, { ...windows, ceilMode, countIncludePad }));
}

/**
 * The mean of each window of depth, height and width. x [N, C, D, H, W] → [N, C, OD, OH, OW].
 *
 * @throws ShapeError or ArgumentError when no window fits, padding exceeds half of the kernel or divisorOverride is no integer >= 1
 * @source PyTorch: `torch.nn.functional.avg_pool3d`
 * @example
 * avgPool3d(zeros([1, 2, 4, 6, 8]), { kernelSize: 2 }).shape;     // [1, 2, 2, 3, 4]
 */
export function avgPool3d(x: Tensor, attrs: AvgPoolAttrs): Tensor {
  const op = 'avgPool3d';
  const {
    ceilMode = false,
    countIncludePad = true,
    divisorOverride,
    ...given
  } = readAverage(op, attrs, ['divisorOverride']);
  const { frames, depth } = volumeWindows(op, given);
  const pool =
    (windows: Windows, divisor: number) =>
    (image: Tensor): Tensor =>
      avgPool2d(image, {
        ...averageWindows(windows),
        ceilMode,
        countIncludePad,
        divisorOverride: divisorOverride && divisor,
      });
  return ofVolume(op, x, pool(frames, divisorOverride ?? 1), pool(depth, 1));
}

function adaptiveOfRow(op: string, x: Tensor, attrs: AdaptiveAttrs, pool: typeof adaptiveMaxPool2d): Tensor {
  const { outputSize } = checkOptions(op, attrs, ['outputSize'], ['outputSize']);
  const size = [1, ...readSides(op, 'outputSize', outputSize, 1, 1)];
  return ofRow(op, x, (image) => pool(image, { outputSize: size }));
}

function adaptiveOfVolume(op: string, x: Tensor, attrs: AdaptiveAttrs, pool: typeof adaptiveMaxPool2d): Tensor {
  const { outputSize } = checkOptions(op, attrs, ['outputSize'], ['outputSize']);
  const [depth, ...frame] = readSides(op, 'outputSize', outputSize, 1, 3) as [number, number, number];
  return ofVolume(
    op,
    x,
    (image) => pool(image, { outputSize: frame }),
    (image) => pool(image, { outputSize: [depth, image.shape[3]!] }),
  );
}

/**
 * The mean of `outputSize` windows that cover each row evenly: window i of n is ⌊i · L / n⌋ to ⌈(i + 1) · L / n⌉.
 * x [N, C, L] → [N, C, outputSize].
 *
 * @throws ShapeError when x is not [N, C, L] or its rows are empty
 * @source PyTorch: `torch.nn.functional.adaptive_avg_pool1d`
 * @example
 * await adaptiveAvgPool1d(tensor([[[1, 3, 2]]]), { outputSize: 2 }).array();     // [[[2, 2.5]]]
 */
export function adaptiveAvgPool1d(x: Tensor, attrs: AdaptiveAttrs): Tensor {
  return adaptiveOfRow('adaptiveAvgPool1d', x, attrs, adaptiveAvgPool2d);
}

/**
 * The same over depth, height and width. x [N, C, D, H, W] → [N, C, *outputSize].
 *
 * @throws ShapeError when x is not [N, C, D, H, W] or its volumes are empty
 * @source PyTorch: `torch.nn.functional.adaptive_avg_pool3d`
 * @example
 * adaptiveAvgPool3d(zeros([1, 2, 4, 6, 8]), { outputSize: 3 }).shape;     // [1, 2, 3, 3, 3]
 */
export function adaptiveAvgPool3d(x: Tensor, attrs: AdaptiveAttrs): Tensor {
  return adaptiveOfVolume('adaptiveAvgPool3d', x, attrs, adaptiveAvgPool2d);
}

/**
 * The largest of each of `outputSize` windows that cover each row evenly, as adaptiveAvgPool1d's.
 * x [N, C, L] → [N, C, outputSize].
 *
 * @throws ShapeError when x is not [N, C, L] or its rows are empty
 * @source PyTorch: `torch.nn.functional.adaptive_max_pool1d`
 * @example
 * await adaptiveMaxPool1d(tensor([[[1, 3, 2]]]), { outputSize: 2 }).array();     // [[[3, 3]]]
 */
export function adaptiveMaxPool1d(x: Tensor, attrs: AdaptiveAttrs): Tensor {
  return adaptiveOfRow('adaptiveMaxPool1d', x, attrs, adaptiveMaxPool2d);
}

/**
 * The same over depth, height and width. x [N, C, D, H, W] → [N, C, *outputSize].
 *
 * @throws ShapeError when x is not [N, C, D, H, W] or its volumes are empty
 * @source PyTorch: `torch.nn.functional.adaptive_max_pool3d`
 * @example
 * adaptiveMaxPool3d(zeros([1, 2, 4, 6, 8]), { outputSize: 3 }).shape;     // [1, 2, 3, 3, 3]
 */
export function adaptiveMaxPool3d(x: Tensor, attrs: AdaptiveAttrs): Tensor {
  return adaptiveOfVolume('adaptiveMaxPool3d', x, attrs, adaptiveMaxPool2d);
}
