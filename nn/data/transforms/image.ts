// What transforms ask of an image [C, Y, X] and of their own arguments.

import type { Generator, TypedArray } from '../../../index.ts';
import type { HostArray } from '../hostArray.ts';
import { ArgumentError, DtypeError, ShapeError } from '../../../index.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { checkSize } from '../../check.ts';

/** One number for both, or [height, width]. */
export type ImageSize = number | readonly [height: number, width: number];

export function readSize(op: string, size: ImageSize): [height: number, width: number] {
  const both = typeof size === 'number' ? [size, size] : size;
  if (!Array.isArray(both) || both.length !== 2) {
    const got = Array.isArray(both) ? formatShape(both) : String(both);
    throw new ShapeError(`size is ${got}; it must be a number or [height, width]`, { op, size });
  }
  return [checkSize(op, 'height', both[0] as number), checkSize(op, 'width', both[1] as number)];
}

/** [channels, height, width]. */
export function sizesOf(op: string, { shape }: HostArray): [channels: number, height: number, width: number] {
  if (shape.length !== 3) {
    throw new ShapeError(`the image has shape ${formatShape(shape)}; it must be [C, Y, X]`, { op, shape });
  }
  if (shape.includes(0)) throw new ShapeError(`the image ${formatShape(shape)} has no pixels`, { op, shape });
  return [...shape] as [number, number, number];
}

/** The value of white. @throws DtypeError for images of which it cannot be known, such as int32 and masks */
export function whiteOf(op: string, { data, dtype }: HostArray): number {
  if (data instanceof Int32Array || dtype === 'bool') {
    const got = dtype ?? 'int32';
    throw new DtypeError(`the image is ${got}; it must be uint8 or float, toFloat() makes it one`, { op, dtype: got });
  }
  return data instanceof Uint8Array ? 255 : 1;
}

/** An array like that of the image, of another length. */
export function emptyLike({ data }: HostArray, length: number): TypedArray {
  return new (data.constructor as new (length: number) => TypedArray)(length);
}

/** Where reals may be written to: bytes take the nearest of 0..255, of two equally near ones the even one. */
export function rounding(data: TypedArray): TypedArray | Uint8ClampedArray {
  return data instanceof Uint8Array ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) : data;
}

/** One value for all channels, or one for each. */
export type Fill = number | readonly number[];

export function fillsOf(op: string, fill: Fill, channels: number): readonly number[] {
  if (typeof fill === 'number') return new Array<number>(channels).fill(fill);
  if (fill.length === channels) return fill;
  const got = `fill has ${fill.length} entries, the image ${channels} channels`;
  throw new ShapeError(`${got}; they must be equal`, { op, fill, channels });
}

/** @throws ArgumentError unless `range` is [least, most] with limits[0] ≤ least ≤ most ≤ limits[1] */
export function checkRange(
  op: string,
  name: string,
  range: readonly [number, number],
  [low, high]: readonly [number, number],
): readonly [number, number] {
  const [least, most] = Array.isArray(range) ? (range as readonly [number, number]) : [NaN, NaN];
  if (range.length === 2 && low <= least && least <= most && most <= high) return range;
  const got = Array.isArray(range) ? formatShape(range) : String(range);
  throw new ArgumentError(`${name} is ${got}; it must be [least, most], both of ${low}..${high}`, {
    op,
    [name]: range,
  });
}

/** A number of [least, most). */
export function between(generator: Generator, [least, most]: readonly [number, number]): number {
  return least + (most - least) * generator.uniform(1)[0]!;
}

/** Python's rounding, which torchvision uses for places: a half goes to the even neighbour. */
export function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}
