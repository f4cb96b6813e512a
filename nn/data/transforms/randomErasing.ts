import type { Generator } from '../../../index.ts';
import type { HostArray } from '../hostArray.ts';
import type { Fill } from './image.ts';
import type { Transform } from './transform.ts';
import type { Window } from './window.ts';
import { ArgumentError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { checkRange, fillsOf, sizesOf } from './image.ts';
import { drawPart } from './randomResizedCrop.ts';
import { withProbability } from './transform.ts';

export interface RandomErasingOptions {
  /** How likely a part is erased. Default 0.5. */
  p?: number;
  /** Share of the image's area. Default [0.02, 0.33]. */
  scale?: readonly [number, number];
  /** Height / width of the part. Default [0.3, 3.3]. */
  ratio?: readonly [number, number];
  /** What is put there: one value, one per channel, or 'random': standard normals, in images of bytes any bytes. Default 0. */
  value?: Fill | 'random';
}

/**
 * A random part of the image erased, with probability p: what comes after `normalize`, mostly.
 *
 * @throws ArgumentError for a range or probability that is none
 * @source torchvision: `RandomErasing`; Zhong et al., "Random erasing data augmentation", 2017
 * @example
 * const augment = nn.data.compose(nn.data.toFloat(), nn.data.randomErasing({ p: 0.25, value: 'random' }));
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const op = 'randomErasing';
  const given = checkOptions(op, options, ['p', 'scale', 'ratio', 'value']);
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = given;
  checkRange(op, 'scale', scale, [0, 1]);
  const [flattest, tallest] = checkRange(op, 'ratio', ratio, [Number.MIN_VALUE, Infinity]);
  if (typeof value === 'string' && value !== 'random') {
    throw new ArgumentError(`value is '${String(value)}'; use numbers or 'random'`, { op, value });
  }
  return withProbability(op, p, (image, generator) => {
    const [, rows, columns] = sizesOf(op, image);
    const parts = { scale, ratio: [1 / tallest, 1 / flattest] as const, attempts: 10 };
    const part = drawPart(generator, parts, rows, columns);
    // A part as high or wide as the image would leave a picture of nothing but a stripe: it counts as one that does not fit.
    if (!part || part.height === rows || part.width === columns) return image;
    return erased(image, part, value, generator);
  });
}

function erased(image: HostArray, part: Window, value: Fill | 'random', generator: Generator): HostArray {
  const { y, x, height, width } = part;
  const [channels, rows, columns] = image.shape as [number, number, number];
  const data = image.data.slice();
  const fills = value === 'random' ? [] : fillsOf('randomErasing', value, channels);
  const isBytes = data instanceof Uint8Array;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = y; row < y + height; row++) {
      const at = (channel * rows + row) * columns + x;
      if (value !== 'random') data.fill(fills[channel]!, at, at + width);
      else data.set(isBytes ? generator.integers(width, 0, 256) : generator.normal(width), at);
    }
  }
  return { ...image, data };
}
