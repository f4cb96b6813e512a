// Convolutions of one and of three spatial axes, made of conv2d.

import type { Tensor } from '../../tensor/tensor.ts';
import type { ConvolutionAttrs } from './problem.ts';
import type { Rank } from './space.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { padded, slidingWindows } from '../spatial/slidingWindows.ts';
import { conv2d } from './conv2d.ts';
import { checkFit, checkParameters, checkSpace, readSides } from './space.ts';

interface Space {
  readonly stride: number[];
  readonly padding: number[];
  readonly dilation: number[];
  readonly groups: number;
}

function resolve(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvolutionAttrs | undefined,
  rank: Rank,
): Space {
  checkTensor(op, 'x', x);
  checkTensor(op, 'weight', weight);
  if (bias) checkTensor(op, 'bias', bias);
  const known = ['stride', 'padding', 'dilation', 'groups'] as const;
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = checkOptions(op, options, known);
  checkSpace(op, x.shape, rank);
  checkParameters(op, { x: x.shape, weight: weight.shape, bias: bias?.shape }, groups, false);
  const space = {
    stride: readSides(op, 'stride', stride, 1, rank),
    padding: readSides(op, 'padding', padding, 0, rank),
    dilation: readSides(op, 'dilation', dilation, 1, rank),
    groups,
  };
  const spans = weight.shape.slice(2).map((n, axis) => space.dilation[axis]! * (n - 1) + 1);
  const room = x.shape.slice(2).map((n, axis) => n + 2 * space.padding[axis]!);
  checkFit(op, spans, room);
  return space;
}

/**
 * y[n, o, i] = bias[o] + Σ_{c, u} weight[o, c, u] · x[n, c, i · stride + u · dilation − padding], where x is zero
 * outside, and c runs over the channels of o's group: `conv2d` of one row.
 * x [N, C, L], weight [O, C / groups, k], bias [O] → [N, O, ⌊(L + 2 · padding − dilation · (k − 1) − 1) / stride⌋ + 1].
 *
 * @throws ShapeError when channels, groups or the kernel do not fit
 * @source PyTorch: `torch.nn.functional.conv1d`
 * @example
 * conv1d(zeros([1, 3, 32]), zeros([8, 3, 5]), undefined, { stride: 2, padding: 2 }).shape;     // [1, 8, 16]
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionAttrs): Tensor {
  const { stride, padding, dilation, groups } = resolve('conv1d', x, weight, bias, options, 1);
  return scope(() => {
    const attrs = { stride: [1, ...stride], padding: [0, ...padding], dilation: [1, ...dilation], groups };
    return conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias, attrs).squeeze(2);
  });
}

/**
 * `conv2d` with a third axis: y[n, o, i, j, k] = bias[o] + Σ weight[o, c, t, u, v] · x[n, c, ·, ·, ·], where each of
 * depth, height and width has its stride, padding and dilation.
 * x [N, C, D, H, W], weight [O, C / groups, kd, kh, kw], bias [O] → [N, O, OD, OH, OW].
 *
 * It is conv2d over frames of C · kd channels, those of the kd frames that meet in one: a product as long as the sum in
 * the formula, for kd copies of x in memory. A kernel of one element needs no copy.
 *
 * @throws ShapeError when channels, groups or the kernel do not fit
 * @source PyTorch: `torch.nn.functional.conv3d`
 * @example
 * conv3d(zeros([1, 3, 8, 16, 16]), zeros([4, 3, 3, 3, 3]), undefined, { padding: 1 }).shape;     // [1, 4, 8, 16, 16]
 */
export function conv3d(x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvolutionAttrs): Tensor {
  const space = resolve('conv3d', x, weight, bias, options, 3);
  return scope(() => {
    const [outputs, channels, size, ...kernel] = weight.shape as [number, number, number, number, number];
    const plane = weight.reshape([outputs, channels * size, ...kernel]);
    return isPointwise(kernel, size, space)
      ? conv2d(x.flatten(2, 3), plane, bias, { groups: space.groups }).reshape([
          x.shape[0]!,
          outputs,
          ...x.shape.slice(2),
        ])
      : ofFrames(conv2d(framesOf(x, size, space), plane, bias, flat(space)), x.shape[0]!);
  });
}

function isPointwise(kernel: readonly number[], size: number, { stride, padding }: Space): boolean {
  return [size, ...kernel, ...stride].every((n) => n === 1) && padding.every((n) => n === 0);
}

/** The attributes of height and width. */
function flat({ stride, padding, dilation, groups }: Space): ConvolutionAttrs {
  return { stride: stride.slice(1), padding: padding.slice(1), dilation: dilation.slice(1), groups };
}

/** x [N, C, D, H, W] as [N · OD, C · size, H, W]: the frames that each frame of the result is made of. */
function framesOf(x: Tensor, size: number, { stride, padding, dilation }: Space): Tensor {
  const deep = padded(x, 2, padding[0]!, padding[0]!);
  const windows = slidingWindows(deep, { axis: 2, size, step: stride[0]!, dilation: dilation[0]! });
  const [n, channels, depth, height, width] = windows.shape as [number, number, number, number, number];
  return windows.permute(0, 2, 1, 5, 3, 4).reshape([n * depth, channels * size, height, width]);
}

/** [N · D, C, H, W] as [N, C, D, H, W]. */
function ofFrames(frames: Tensor, n: number): Tensor {
  const [count, ...frame] = frames.shape as [number, number, number, number];
  return frames.reshape([n, n === 0 ? 1 : count / n, ...frame]).permute(0, 2, 1, 3, 4);
}
