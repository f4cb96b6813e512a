// Transposed convolutions: the maps that take a convolution's output back to the size of its input.

import type { Tensor } from '../../tensor/tensor.ts';
import type { ConvolutionAttrs, Sides } from './problem.ts';
import type { Rank } from './space.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { pad } from '../layout/pad.ts';
import { overlapAdd } from '../spatial/slidingWindows.ts';
import { conv2dInputGrad } from './conv2d.ts';
import { checkParameters, checkSpace, readSides } from './space.ts';

export interface ConvTransposeOptions extends ConvolutionAttrs {
  /** Places that the result has more at the end of each axis; less than stride or dilation. Default 0. */
  outputPadding?: Sides;
}

interface Space {
  readonly stride: number[];
  readonly padding: number[];
  readonly dilation: number[];
  readonly outputPadding: number[];
  readonly groups: number;
  /** Of the result's spatial axes. */
  readonly size: number[];
}

function resolve(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvTransposeOptions | undefined,
  rank: Rank,
): Space {
  checkTensor(op, 'x', x);
  checkTensor(op, 'weight', weight);
  if (bias) checkTensor(op, 'bias', bias);
  const known = ['stride', 'padding', 'outputPadding', 'dilation', 'groups'] as const;
  const given = checkOptions(op, options, known);
  const { groups = 1 } = given;
  checkSpace(op, x.shape, rank);
  checkParameters(op, { x: x.shape, weight: weight.shape, bias: bias?.shape }, groups, true);
  const stride = readSides(op, 'stride', given.stride ?? 1, 1, rank);
  const padding = readSides(op, 'padding', given.padding ?? 0, 0, rank);
  const dilation = readSides(op, 'dilation', given.dilation ?? 1, 1, rank);
  const outputPadding = readSides(op, 'outputPadding', given.outputPadding ?? 0, 0, rank);
  if (outputPadding.some((n, axis) => n >= Math.max(stride[axis]!, dilation[axis]!))) {
    const limits = `stride ${formatShape(stride)} or dilation ${formatShape(dilation)}`;
    const message = `outputPadding ${formatShape(outputPadding)} must be less than ${limits} on each axis`;
    throw new ArgumentError(message, { op, outputPadding, stride, dilation });
  }
  const size = x.shape.slice(2).map((n, axis) => {
    const reach = (n - 1) * stride[axis]! + dilation[axis]! * (weight.shape[axis + 2]! - 1) + 1;
    return reach - 2 * padding[axis]! + outputPadding[axis]!;
  });
  if (x.shape.slice(2).some((n) => n < 1) || size.some((n) => n < 1)) {
    const message = `x ${formatShape(x.shape)} would give sizes ${formatShape(size)}; they must be >= 1`;
    throw new ShapeError(message, { op, x: x.shape, size });
  }
  return { stride, padding, dilation, outputPadding, groups, size };
}

/**
 * Each element of x sends weight, scaled by it, to the places of the result that conv2d would have read it from:
 * conv2d's gradient by its input, as a map of its own, plus bias. Height and width become
 * (H − 1) · stride − 2 · padding + dilation · (kh − 1) + outputPadding + 1.
 * x [N, C, H, W], weight [C, O / groups, kh, kw], bias [O] → [N, O, OH, OW].
 *
 * @throws ShapeError when channels, groups or sizes do not fit; ArgumentError when outputPadding is too large
 * @source PyTorch: `torch.nn.functional.conv_transpose2d`
 * @example
 * convTranspose2d(zeros([1, 8, 7, 7]), zeros([8, 3, 2, 2]), undefined, { stride: 2 }).shape;     // [1, 3, 14, 14]
 */
export function convTranspose2d(x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvTransposeOptions): Tensor {
  const space = resolve('convTranspose2d', x, weight, bias, options, 2);
  return scope(() => shifted(spread(x, weight, space), bias));
}

/**
 * `convTranspose2d` of one row.
 * x [N, C, L], weight [C, O / groups, k], bias [O] →
 * [N, O, (L − 1) · stride − 2 · padding + dilation · (k − 1) + outputPadding + 1].
 *
 * @throws as convTranspose2d
 * @source PyTorch: `torch.nn.functional.conv_transpose1d`
 * @example
 * convTranspose1d(zeros([1, 8, 7]), zeros([8, 3, 4]), undefined, { stride: 2, padding: 1 }).shape;     // [1, 3, 14]
 */
export function convTranspose1d(x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvTransposeOptions): Tensor {
  const { stride, padding, dilation, outputPadding, groups, size } = resolve(
    'convTranspose1d',
    x,
    weight,
    bias,
    options,
    1,
  );
  const row = {
    stride: [1, ...stride],
    padding: [0, ...padding],
    dilation: [1, ...dilation],
    outputPadding: [0, ...outputPadding],
    groups,
    size: [1, ...size],
  };
  return scope(() => shifted(spread(x.unsqueeze(2), weight.unsqueeze(2), row).squeeze(2), bias));
}

/**
 * `convTranspose2d` with a third axis, in front of height and width: each frame of x gives, by one transposed
 * convolution, the kd frames that it adds to, and these are added up.
 * x [N, C, D, H, W], weight [C, O / groups, kd, kh, kw], bias [O] → [N, O, OD, OH, OW].
 *
 * @throws as convTranspose2d
 * @source PyTorch: `torch.nn.functional.conv_transpose3d`
 * @example
 * convTranspose3d(zeros([1, 8, 3, 7, 7]), zeros([8, 3, 2, 2, 2]), undefined, { stride: 2 }).shape;     // [1, 3, 6, 14, 14]
 */
export function convTranspose3d(x: Tensor, weight: Tensor, bias?: Tensor, options?: ConvTransposeOptions): Tensor {
  const space = resolve('convTranspose3d', x, weight, bias, options, 3);
  return scope(() => {
    const [n, channels, depth, ...frame] = x.shape as [number, number, number, number, number];
    const [, outputs, taps, ...kernel] = weight.shape as [number, number, number, number, number];
    const [length, ...size] = space.size as [number, number, number];
    const frames = x.permute(0, 2, 1, 3, 4).reshape([n * depth, channels, ...frame]);
    const spreads = spread(frames, weight.reshape([channels, outputs * taps, ...kernel]), {
      stride: space.stride.slice(1),
      padding: space.padding.slice(1),
      dilation: space.dilation.slice(1),
      outputPadding: space.outputPadding.slice(1),
      groups: space.groups,
      size,
    });
    const windows = spreads.reshape([n, depth, outputs * space.groups, taps, ...size]).permute(0, 2, 1, 4, 5, 3);
    const [step, dilation, padding] = [space.stride[0]!, space.dilation[0]!, space.padding[0]!];
    return shifted(overlapAdd(windows, { axis: 2, length, step, dilation, padding }), bias);
  });
}

/** The map without bias, of two spatial axes. Rows that no window reaches, beyond a stride, are zeros at the end. */
function spread(x: Tensor, weight: Tensor, { outputPadding, size, ...attrs }: Space): Tensor {
  const beyond = outputPadding.map((n, axis) => Math.max(0, n - attrs.stride[axis]! + 1)) as [number, number];
  const y = conv2dInputGrad(x, weight, { ...attrs, size: size.map((n, axis) => n - beyond[axis]!) });
  return beyond.some((n) => n > 0) ? pad(y, [[0, beyond[0]] as const, [0, beyond[1]] as const]) : y;
}

/** y plus a bias for each channel. */
function shifted(y: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return y;
  return y.add(cast(bias, y.dtype).reshape([1, bias.size, ...y.shape.slice(2).map(() => 1)]));
}
