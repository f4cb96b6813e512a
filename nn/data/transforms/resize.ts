import type { TypedArray } from '../../../index.ts';
import type { Band } from '../../../kernels/spatial/band.ts';
import type { InterpolationKind } from '../../../kernels/spatial/interpolationBand.ts';
import type { HostArray } from '../hostArray.ts';
import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { interpolationBand } from '../../../kernels/spatial/interpolationBand.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { checkSize } from '../../check.ts';
import type { ImageSize } from './image.ts';
import { emptyLike, readSize, rounding, sizesOf, whiteOf } from './image.ts';

/** 'nearest' is PyTorch's, 'nearestExact' PIL's and scikit-image's. */
export type Interpolation = 'nearest' | 'nearestExact' | 'bilinear' | 'bicubic';

export interface InterpolationOptions {
  /** Default 'bilinear'. */
  interpolation?: Interpolation;
  /** Whether to average over what a pixel covers where the image shrinks, with 'bilinear' and 'bicubic'. Default true. */
  antialias?: boolean;
}

export interface ResizeOptions extends InterpolationOptions {
  /** The longer side is not to exceed this: for a size that is one number. */
  maxSize?: number;
}

const kinds: Readonly<Record<Interpolation, InterpolationKind>> = {
  nearest: 'nearest',
  nearestExact: 'nearestExact',
  bilinear: 'linear',
  bicubic: 'cubic',
};

/**
 * The image with its shorter side of `size` pixels, or with [height, width]. What becomes of bytes is rounded once, at the
 * end, so that a pixel may differ by 1 from PIL's, which rounds between the axes too.
 *
 * @throws ShapeError for a size that is none; ArgumentError for an unknown interpolation; DtypeError, from the transform, for int32
 *   and bool images, which only the nearest ones take
 * @source torchvision: `Resize`
 * @example
 * const image = { shape: [3, 60, 90], data: new Uint8Array(3 * 60 * 90) };
 * nn.data.resize(20)(image, new Generator()).shape; // [3, 20, 30]
 */
export function resize(size: ImageSize, options: ResizeOptions = {}): Transform {
  const op = 'resize';
  const { maxSize, ...given } = checkOptions(op, options, ['interpolation', 'antialias', 'maxSize']);
  const scaled = resizer(op, given);
  if (typeof size !== 'number') {
    if (maxSize !== undefined) {
      throw new ArgumentError('maxSize goes with a size that is one number', { op, size, maxSize });
    }
    const [height, width] = readSize(op, size);
    return (image) => scaled(image, height, width);
  }
  checkSize(op, 'size', size);
  if (maxSize !== undefined && !(Number.isInteger(maxSize) && maxSize > size)) {
    throw new ArgumentError(`maxSize is ${maxSize}; it must be an integer above size ${size}`, { op, size, maxSize });
  }
  return (image) => {
    const [, height, width] = sizesOf(op, image);
    return scaled(image, ...sidesOf(height, width, size, maxSize));
  };
}

/** The sides of which the shorter is `size`. */
function sidesOf(height: number, width: number, size: number, maxSize = Infinity): [number, number] {
  const [short, long] = height < width ? [height, width] : [width, height];
  const longer = Math.floor((size * long) / short);
  const [small, large] =
    longer > maxSize ? [Math.max(1, Math.floor((maxSize * size) / longer)), maxSize] : [size, longer];
  return height < width ? [small, large] : [large, small];
}

/** What brings images to a size, its options checked. */
export function resizer(
  op: string,
  { interpolation = 'bilinear', antialias = true }: InterpolationOptions,
): (image: HostArray, height: number, width: number) => HostArray {
  if (!Object.hasOwn(kinds, interpolation)) {
    const known = Object.keys(kinds).join(', ');
    throw new ArgumentError(`interpolation '${String(interpolation)}' is unknown; use ${known}`, { op, interpolation });
  }
  const kind = kinds[interpolation];
  return (image, height, width) => {
    const [channels, rows, columns] = sizesOf(op, image);
    const isNearest = kind === 'nearest' || kind === 'nearestExact';
    if (!isNearest) whiteOf(op, image);
    const bandOf = (length: number, size: number): Band =>
      interpolationBand({ kind, length, size, factor: undefined, alignCorners: false, antialias });
    let part: Planes = { data: image.data, outer: channels * rows, length: columns, inner: 1 };
    if (width !== columns) part = applied(part, bandOf(columns, width));
    part = { data: part.data, outer: channels, length: rows, inner: width };
    if (height !== rows) part = applied(part, bandOf(rows, height));
    const data = emptyLike(image, part.data.length);
    rounding(data).set(part.data);
    return { ...image, shape: [channels, height, width], data };
  };
}

/** Values [outer, length, inner], of which the axis in the middle is worked on. */
interface Planes {
  readonly data: TypedArray;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Σ weights · values along the axis, in float32, or in float64 for values of float64. */
function applied({ data, outer, length, inner }: Planes, band: Band): Planes {
  const size = band.starts.length;
  const out = new (data instanceof Float64Array ? Float64Array : Float32Array)(outer * size * inner);
  for (let o = 0; o < outer; o++) {
    const from = data.subarray(o * length * inner, (o + 1) * length * inner);
    const to = out.subarray(o * size * inner, (o + 1) * size * inner);
    if (inner === 1) weighElements(from, to, band);
    else weighLines(from, to, inner, band);
  }
  return { data: out, outer, length: size, inner };
}

function weighElements(from: TypedArray, to: TypedArray, { starts, weights }: Band): void {
  for (let i = 0; i < starts.length; i++) {
    const row = weights[i]!;
    const start = starts[i]!;
    let sum = 0;
    for (let t = 0; t < row.length; t++) sum += row[t]! * from[start + t]!;
    to[i] = sum;
  }
}

/** The same for lines of `inner` elements, so that memory is read in order. */
function weighLines(from: TypedArray, to: TypedArray, inner: number, { starts, weights }: Band): void {
  const sums = new Float64Array(inner);
  for (let i = 0; i < starts.length; i++) {
    const row = weights[i]!;
    sums.fill(0);
    for (let t = 0; t < row.length; t++) {
      const weight = row[t]!;
      const at = (starts[i]! + t) * inner;
      for (let k = 0; k < inner; k++) sums[k]! += weight * from[at + k]!;
    }
    to.set(sums, i * inner);
  }
}
