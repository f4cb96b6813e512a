import type { Shape } from '../../tensor/shape.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** [vertical, horizontal]. */
export type Pair = readonly [number, number];
/** One number for both axes, or [vertical, horizontal]. */
export type Sides = number | readonly number[];

export interface ConvolutionAttrs {
  /** Default 1. */
  stride?: Sides;
  /** Zeros on each side. Default 0. */
  padding?: Sides;
  /** Distance between taps. Default 1. */
  dilation?: Sides;
  /** Channels are cut into so many parts, each convolved by itself. Default 1. */
  groups?: number;
}

/**
 * Output positions on a grid of `size`, each of which sees `kernel` taps of a `source` map: position p sees, under tap
 * t, source p · stride + t · dilation + offset. `channels` are read and `rows` written, per group.
 */
export interface Grid {
  readonly images: number;
  readonly groups: number;
  readonly channels: number;
  readonly rows: number;
  readonly source: Pair;
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
}

/** The two numbers of an attribute. Throws unless they are integers >= `least`. */
export function readPair(op: string, name: string, value: Sides, least: number): Pair {
  const pair = typeof value === 'number' ? [value, value] : value;
  if (Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= least)) {
    return pair as unknown as Pair;
  }
  const given = Array.isArray(value) ? formatShape(value) : String(value);
  throw new ArgumentError(`${name} ${given} must be an integer >= ${least}, or two: [vertical, horizontal]`, {
    op,
    [name]: value,
  });
}

/** Throws unless x is [N, C, H, W]. */
export function checkImages(op: string, x: Shape, name = 'x'): void {
  if (x.length === 4) return;
  const advice = x.length === 3 ? `; ${name}.unsqueeze(0) adds the batch axis` : '';
  throw new ShapeError(`${name} ${formatShape(x)} has rank ${x.length}; it must be [N, C, H, W]${advice}`, {
    op,
    [name]: x,
  });
}

export interface WindowAttrs {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  /** Whether a last window that reaches beyond the padding counts. */
  readonly ceilMode?: boolean;
}

/** How many windows fit [height, width]. Throws when none does. */
export function countWindows(op: string, source: Pair, windows: WindowAttrs): Pair {
  const { kernel, stride, padding, dilation, ceilMode = false } = windows;
  const count = ([0, 1] as const).map((axis) => {
    const room = source[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1;
    if (room < 0) return 0;
    const positions = Math.floor((room + (ceilMode ? stride[axis] - 1 : 0)) / stride[axis]) + 1;
    // A window that begins beyond the padding on the right sees nothing: it does not count.
    return ceilMode && (positions - 1) * stride[axis] >= source[axis] + padding[axis] ? positions - 1 : positions;
  });
  if (count.every((n) => n > 0)) return count as unknown as Pair;
  const spread = kernel.map((n, axis) => dilation[axis]! * (n - 1) + 1);
  const room = source.map((n, axis) => n + 2 * padding[axis]!);
  throw new ShapeError(
    `a kernel that spans ${formatShape(spread)} does not fit a padded input of ${formatShape(room)}; pad more or take a smaller kernel`,
    { op, source, kernel, padding, dilation },
  );
}

/** The grid of a convolution of x [N, C, H, W] by weight [O, C / groups, kh, kw], after all checks of conv2d's ops. */
export function resolveConvolution(op: string, x: Shape, weight: Shape, attrs: Required<ConvolutionAttrs>): Grid {
  const { groups } = attrs;
  checkImages(op, x);
  if (weight.length !== 4) {
    const wanted = 'it must be [O, C / groups, kh, kw]';
    throw new ShapeError(`weight ${formatShape(weight)} has rank ${weight.length}; ${wanted}`, { op, weight });
  }
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`groups ${String(groups)} must be an integer >= 1`, { op, groups });
  }
  const [images, depth, height, width] = x as [number, number, number, number];
  const [outputs, channels, ...kernel] = weight as [number, number, number, number];
  if (depth !== channels * groups || depth === 0) {
    throw new ShapeError(
      `x ${formatShape(x)} has ${depth} channels, weight ${formatShape(weight)} reads ${channels} in each of ${groups} groups; ` +
        `x must have ${Math.max(1, channels) * groups}`,
      { op, x, weight, groups },
    );
  }
  if (outputs % groups !== 0) {
    throw new ShapeError(
      `weight ${formatShape(weight)} has ${outputs} output channels; ${groups} groups must divide them`,
      {
        op,
        weight,
        groups,
      },
    );
  }
  const stride = readPair(op, 'stride', attrs.stride, 1);
  const padding = readPair(op, 'padding', attrs.padding, 0);
  const dilation = readPair(op, 'dilation', attrs.dilation, 1);
  readPair(op, "weight's kernel", kernel, 1);
  const source: Pair = [height, width];
  const size = countWindows(op, source, { kernel, stride, padding, dilation });
  const offset: Pair = [-padding[0], -padding[1]];
  return { images, groups, channels, rows: outputs / groups, source, size, kernel, stride, dilation, offset };
}

/** The shape of the output: [N, O, *size]. */
export function outputShape({ images, groups, rows, size }: Grid): Shape {
  return [images, groups * rows, ...size];
}

/** Throws unless the gradient has the shape of the output. */
export function checkGradient(op: string, gradient: Shape, grid: Grid): void {
  const wanted = outputShape(grid);
  if (sameShape(gradient, wanted)) return;
  throw new ShapeError(
    `gradient ${formatShape(gradient)} does not fit; it must be the output's ${formatShape(wanted)}`,
    {
      op,
      gradient,
      wanted,
    },
  );
}
