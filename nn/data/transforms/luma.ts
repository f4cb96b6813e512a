import type { HostArray } from '../hostArray.ts';
import type { TypedArray } from '../../../index.ts';
import { ShapeError } from '../../../index.ts';
import { emptyLike, sizesOf, whiteOf } from './image.ts';

const f32 = Math.fround;
const [red, green, blue] = [f32(0.2989), f32(0.587), f32(0.114)];

/** How bright each pixel looks, [Y · X], in the image's own type: bytes are rounded down. */
export function luma(op: string, image: HostArray): TypedArray {
  whiteOf(op, image);
  if (channelsOf(op, image) === 1) return image.data;
  const { data } = image;
  const area = data.length / 3;
  const grey = emptyLike(image, area);
  for (let i = 0; i < area; i++) {
    grey[i] = f32(f32(f32(red * data[i]!) + f32(green * data[area + i]!)) + f32(blue * data[2 * area + i]!));
  }
  return grey;
}

/** @throws ShapeError unless the image is grey or of red, green and blue */
export function channelsOf(op: string, image: HostArray): 1 | 3 {
  const [channels] = sizesOf(op, image);
  if (channels === 1 || channels === 3) return channels;
  throw new ShapeError(`the image has ${channels} channels; it must have 1 or 3`, { op, shape: image.shape });
}
