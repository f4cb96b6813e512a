import type { Generator } from '../../../index.ts';
import type { ImageSize } from './image.ts';
import type { InterpolationOptions } from './resize.ts';
import type { Transform } from './transform.ts';
import type { Window } from './window.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { between, checkRange, readSize, sizesOf } from './image.ts';
import { resizer } from './resize.ts';
import { window } from './window.ts';

export interface RandomResizedCropOptions extends InterpolationOptions {
  /** Share of the image's area. Default [0.08, 1]. */
  scale?: readonly [number, number];
  /** Width / height of the part. Default [3 / 4, 4 / 3]. */
  ratio?: readonly [number, number];
}

/** How often a part is drawn before the middle is taken: parts that do not fit are drawn again. */
const attempts = 10;

/**
 * A part of the image of random area and shape at a random place, resized.
 *
 * @throws ArgumentError for a range that is none; ShapeError for a size that is none
 * @source torchvision: `RandomResizedCrop`; Szegedy et al., "Going deeper with convolutions", 2014
 * @example
 * const augment = nn.data.randomResizedCrop(224, { scale: [0.2, 1], interpolation: 'bicubic' });
 * augment({ shape: [3, 40, 50], data: new Uint8Array(6000) }, new Generator(1)).shape; // [3, 224, 224]
 */
export function randomResizedCrop(size: ImageSize, options: RandomResizedCropOptions = {}): Transform {
  const op = 'randomResizedCrop';
  const known = ['scale', 'ratio', 'interpolation', 'antialias'] as const;
  const { scale = [0.08, 1], ratio = [3 / 4, 4 / 3], ...how } = checkOptions(op, options, known);
  checkRange(op, 'scale', scale, [0, 1]);
  checkRange(op, 'ratio', ratio, [Number.MIN_VALUE, Infinity]);
  const [height, width] = readSize(op, size);
  const scaled = resizer(op, how);
  return (image, generator) => {
    const [, rows, columns] = sizesOf(op, image);
    const part = drawPart(generator, { scale, ratio, attempts }, rows, columns) ?? middle(rows, columns, ratio);
    return scaled(window(image, part), height, width);
  };
}

/** How parts are drawn: the area's share, and one side by the other, even on a logarithmic scale. */
interface Parts {
  readonly scale: readonly [number, number];
  readonly ratio: readonly [number, number];
  readonly attempts: number;
}

/** A rectangle inside [rows, columns] at a random place; undefined where none of those drawn fits. */
export function drawPart(
  generator: Generator,
  { scale, ratio, attempts }: Parts,
  rows: number,
  columns: number,
): Window | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = rows * columns * between(generator, scale);
    const shape = Math.exp(between(generator, [Math.log(ratio[0]), Math.log(ratio[1])]));
    const [height, width] = [Math.round(Math.sqrt(area / shape)), Math.round(Math.sqrt(area * shape))];
    if (height < 1 || width < 1 || height > rows || width > columns) continue;
    const y = generator.integers(1, 0, rows - height + 1)[0]!;
    const x = generator.integers(1, 0, columns - width + 1)[0]!;
    return { y, x, height, width };
  }
  return undefined;
}

/** The largest part in the middle whose shape is in range. */
function middle(rows: number, columns: number, [least, most]: readonly [number, number]): Window {
  const shape = columns / rows;
  const height = shape < least ? Math.max(1, Math.min(rows, Math.round(columns / least))) : rows;
  const width = shape > most ? Math.max(1, Math.min(columns, Math.round(rows * most))) : columns;
  return { y: Math.floor((rows - height) / 2), x: Math.floor((columns - width) / 2), height, width };
}
