import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Sides } from '../conv/problem.ts';
import type { Rank } from '../conv/space.ts';
import type { Band } from './band.ts';
import type { InterpolationKind } from './interpolationBand.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { readSides } from '../conv/space.ts';
import { adaptiveAvgPool2d } from '../pool/adaptiveAvgPool2d.ts';
import { adaptiveAvgPool1d, adaptiveAvgPool3d } from '../pool/pools.ts';
import { interpolationBand } from './interpolationBand.ts';
import { resample } from './resample.ts';

/** 'linear' is for one spatial axis, 'bilinear' and 'bicubic' for two, 'trilinear' for three; the others for all. */
export type InterpolationMode = 'nearest' | 'nearestExact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

export interface InterpolateOptions {
  /** Of the result's spatial axes: one number for all, or one each. This or `scaleFactor`. */
  size?: Sides;
  /** By which each spatial axis grows: the new size is rounded down. */
  scaleFactor?: number | readonly number[];
  /** Default 'nearest'. */
  mode?: InterpolationMode;
  /** Whether the corners of source and result lie over one another: for the linear modes and 'bicubic'. Default false. */
  alignCorners?: boolean;
  /** Whether to average over what an element covers where the size shrinks: for 'bilinear' and 'bicubic'. Default false. */
  antialias?: boolean;
}

interface Mode {
  readonly kind: InterpolationKind | 'area';
  readonly ranks: readonly number[];
  readonly aligns?: boolean;
  readonly antialiases?: boolean;
}

const modes: Readonly<Record<InterpolationMode, Mode>> = {
  nearest: { kind: 'nearest', ranks: [1, 2, 3] },
  nearestExact: { kind: 'nearestExact', ranks: [1, 2, 3] },
  linear: { kind: 'linear', ranks: [1], aligns: true },
  bilinear: { kind: 'linear', ranks: [2], aligns: true, antialiases: true },
  trilinear: { kind: 'linear', ranks: [3], aligns: true },
  bicubic: { kind: 'cubic', ranks: [2], aligns: true, antialiases: true },
  area: { kind: 'area', ranks: [1, 2, 3] },
};

const op = 'interpolate';

function checkMode(name: InterpolationMode, x: Shape, alignCorners: boolean, antialias: boolean): Mode {
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  const fields = { op, mode: name, x };
  if (!mode) {
    const message = `mode '${String(name)}' is unknown; use ${Object.keys(modes).join(', ')}`;
    throw new ArgumentError(message, fields);
  }
  if (!mode.ranks.includes(x.length - 2)) {
    const ranks = mode.ranks.map((n) => n + 2).join(', ');
    throw new ShapeError(`x ${formatShape(x)} has rank ${x.length}; mode '${name}' is for rank ${ranks}`, fields);
  }
  if (alignCorners && !mode.aligns) throw new ArgumentError(`mode '${name}' has no alignCorners`, fields);
  if (antialias && !mode.antialiases) throw new ArgumentError(`mode '${name}' has no antialias`, fields);
  if (x.slice(2).includes(0)) throw new ShapeError(`x ${formatShape(x)} has no pixels`, fields);
  return mode;
}

/** The new sizes, and the factors where these were given. */
function sizesOf(
  x: Shape,
  { size, scaleFactor }: InterpolateOptions,
): { sizes: readonly number[]; factors: readonly (number | undefined)[] } {
  const lengths = x.slice(2);
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError('needs either size or scaleFactor', { op, size, scaleFactor });
  }
  if (size !== undefined) {
    return { sizes: readSides(op, 'size', size, 1, lengths.length as Rank), factors: lengths.map(() => undefined) };
  }
  const factors = typeof scaleFactor === 'number' ? lengths.map(() => scaleFactor) : scaleFactor!;
  const sizes = lengths.map((n, axis) => Math.floor(n * (factors[axis] ?? NaN)));
  if (factors.length !== lengths.length || !sizes.every((n) => n >= 1 && n < Infinity)) {
    const given = typeof scaleFactor === 'number' ? scaleFactor : formatShape(factors);
    const message = `scaleFactor ${given} makes of ${formatShape(lengths)} no sizes >= 1`;
    throw new ArgumentError(message, { op, scaleFactor, x });
  }
  return { sizes, factors };
}

function isIdentity({ length, starts, weights }: Band): boolean {
  const isOwn = (row: readonly number[], i: number): boolean =>
    row.every((weight, t) => weight === (starts[i]! + t === i ? 1 : 0));
  return length === starts.length && weights.every(isOwn);
}

/**
 * x resized along its spatial axes. 'nearest' repeats or leaves out elements, the linear modes and 'bicubic' weigh the
 * neighbours of the place that an element has in x, 'area' takes the mean of what it covers. Each axis is a pass of its own,
 * `resample`, those that shrink first.
 * x [N, C, ...] → [N, C, ...size].
 *
 * @throws ArgumentError when size and scaleFactor come together or neither does, or the mode lacks an option; ShapeError
 *   when the mode is for another rank
 * @source PyTorch: `torch.nn.functional.interpolate`; the cubic is Keys' of 1981, with −0.75, and −0.5 where antialiased
 * @example
 * const x = tensor([[[[0, 1], [2, 3]]]]);
 * interpolate(x, { scaleFactor: 2, mode: 'bilinear' }).shape;     // [1, 1, 4, 4]
 * await interpolate(x, { size: [1, 2], mode: 'bilinear' }).array();     // [[[[1, 2]]]]
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  checkTensor(op, 'x', x);
  const known = ['size', 'scaleFactor', 'mode', 'alignCorners', 'antialias'] as const;
  const given = checkOptions(op, options, known);
  const { mode = 'nearest', alignCorners = false, antialias = false } = given;
  const { kind } = checkMode(mode, x.shape, alignCorners, antialias);
  const { sizes, factors } = sizesOf(x.shape, given);
  if (kind === 'area') return averaged(x, sizes);
  const growth = (axis: number): number => sizes[axis]! / x.shape[axis + 2]!;
  // What shrinks goes first, and of two that grow the last, whose steps are the dearer.
  const order = [...sizes.keys()].sort((a, b) => growth(a) - growth(b) || (growth(a) > 1 ? b - a : a - b));
  return scope(() =>
    order.reduce((y, axis) => {
      const [length, size, factor] = [x.shape[axis + 2]!, sizes[axis]!, factors[axis]];
      const band = interpolationBand({ kind, length, size, factor, alignCorners, antialias });
      return isIdentity(band) ? y : resample(y, { axis: axis + 2, band });
    }, x.alias()),
  );
}

function averaged(x: Tensor, outputSize: readonly number[]): Tensor {
  const pool = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][x.rank - 3]!;
  return pool(x, { outputSize });
}
