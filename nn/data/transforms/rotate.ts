import type { HostArray } from '../hostArray.ts';
import type { Fill } from './image.ts';
import type { Transform } from './transform.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { checkFinite, checkNonNegative } from '../../../tensor/range.ts';
import { between, checkRange, emptyLike, fillsOf, rounding, sizesOf, whiteOf } from './image.ts';

export interface RotationOptions {
  /** Default 'nearest'. */
  interpolation?: 'nearest' | 'bilinear';
  /** Whether the result grows so that it holds the whole image, turned about its middle. Default false. */
  expand?: boolean;
  /** What the image is turned about: [x, y] in pixels from the upper left corner. Default: its middle. */
  center?: readonly [number, number];
  /** Of what comes in at the corners. Default 0. */
  fill?: Fill;
}

const known = ['interpolation', 'expand', 'center', 'fill'] as const;

/**
 * The image turned by `angle` degrees, counter-clockwise.
 *
 * @throws ArgumentError for an angle that is no number, or an unknown interpolation
 * @source torchvision: `functional.rotate`; beyond the edge lies `fill`, also for 'bilinear', where torchvision darkens the seam
 * @example
 * const image = { shape: [1, 2, 2], data: Uint8Array.of(1, 2, 3, 4) };
 * nn.data.rotate(90)(image, new Generator()).data; // [2, 4, 1, 3]
 */
export function rotate(angle: number, options: RotationOptions = {}): Transform {
  checkFinite('rotate', { angle });
  const turned = turner('rotate', options);
  return (image) => turned(image, angle);
}

/**
 * The image turned by a random angle of −degrees..degrees, or of [least, most].
 *
 * @throws ArgumentError for a range that is none
 * @source torchvision: `RandomRotation`
 * @example
 * const augment = nn.data.randomRotation(15, { interpolation: 'bilinear' });
 */
export function randomRotation(degrees: number | readonly [number, number], options: RotationOptions = {}): Transform {
  const op = 'randomRotation';
  if (typeof degrees === 'number') checkNonNegative(op, { degrees });
  const range = typeof degrees === 'number' ? ([-degrees, degrees] as const) : degrees;
  checkRange(op, 'degrees', range, [-Number.MAX_VALUE, Number.MAX_VALUE]);
  const turned = turner(op, options);
  return (image, generator) => turned(image, between(generator, range));
}

function turner(op: string, options: RotationOptions): (image: HostArray, angle: number) => HostArray {
  const given = checkOptions(op, options, known);
  const { interpolation = 'nearest', expand = false, center, fill = 0 } = given;
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    const message = `interpolation '${String(interpolation)}' is unknown; use nearest, bilinear`;
    throw new ArgumentError(message, { op, interpolation });
  }
  if (center) checkFinite(op, { 'center[0]': center[0], 'center[1]': center[1] });
  return (image, angle) => {
    const [channels, rows, columns] = sizesOf(op, image);
    if (interpolation === 'bilinear') whiteOf(op, image);
    const fills = fillsOf(op, fill, channels);
    const view = viewOf(angle, rows, columns, expand ? undefined : center, expand);
    const data = emptyLike(image, channels * view.height * view.width);
    const out = rounding(data);
    const take = interpolation === 'nearest' ? nearest : bilinear;
    for (let channel = 0; channel < channels; channel++) {
      const plane = { data: image.data.subarray(channel * rows * columns), rows, columns, fill: fills[channel]! };
      const at = channel * view.height * view.width;
      for (let y = 0; y < view.height; y++) {
        for (let x = 0; x < view.width; x++) {
          out[at + y * view.width + x] = take(plane, view.sourceY(x, y), view.sourceX(x, y));
        }
      }
    }
    return { ...image, shape: [channels, view.height, view.width], data };
  };
}

/** The result's sides, and where the middle of its pixel (x, y) lies in the image, in steps from the first pixel's middle. */
interface View {
  readonly height: number;
  readonly width: number;
  sourceX(x: number, y: number): number;
  sourceY(x: number, y: number): number;
}

function viewOf(
  angle: number,
  rows: number,
  columns: number,
  center: readonly [number, number] | undefined,
  expand: boolean,
): View {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const [height, width] = expand
    ? [
        grown(rows, Math.abs(cos) * rows + Math.abs(sin) * columns),
        grown(columns, Math.abs(cos) * columns + Math.abs(sin) * rows),
      ]
    : [rows, columns];
  const [cx, cy] = center ?? [columns / 2, rows / 2];
  // The result's middle lies over the image's; without `expand` both have the same corner too.
  const [ox, oy] = [cx + (width - columns) / 2 - 0.5, cy + (height - rows) / 2 - 0.5];
  return {
    height,
    width,
    sourceX: (x, y) => cos * (x - ox) - sin * (y - oy) + cx - 0.5,
    sourceY: (x, y) => sin * (x - ox) + cos * (y - oy) + cy - 0.5,
  };
}

/** Pixels that a side of `length` touches when it has become `reach` long about its middle, as PIL counts them. */
function grown(length: number, reach: number): number {
  const rounded = (x: number): number => Math.round(x * 1e6) / 1e6; // cos 90° is 6e-17, and touches nothing
  if (Number.isInteger(rounded(reach))) return rounded(reach); // a quarter turn
  return Math.ceil(rounded((length + reach) / 2)) - Math.floor(rounded((length - reach) / 2));
}

interface Plane {
  readonly data: HostArray['data'];
  readonly rows: number;
  readonly columns: number;
  readonly fill: number;
}

function pixel({ data, rows, columns, fill }: Plane, y: number, x: number): number {
  return y < 0 || y >= rows || x < 0 || x >= columns ? fill : data[y * columns + x]!;
}

function nearest(plane: Plane, y: number, x: number): number {
  return pixel(plane, Math.round(y), Math.round(x));
}

function bilinear(plane: Plane, y: number, x: number): number {
  const top = Math.floor(y);
  const left = Math.floor(x);
  const down = y - top;
  const right = x - left;
  const above = (1 - right) * pixel(plane, top, left) + right * pixel(plane, top, left + 1);
  const below = (1 - right) * pixel(plane, top + 1, left) + right * pixel(plane, top + 1, left + 1);
  return (1 - down) * above + down * below;
}
