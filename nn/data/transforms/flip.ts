import type { HostArray } from '../hostArray.ts';
import type { Transform } from './transform.ts';
import { emptyLike, sizesOf } from './image.ts';
import { withProbability } from './transform.ts';

/** Left and right exchanged, with probability p. @source torchvision: `RandomHorizontalFlip` */
export function randomHorizontalFlip(p = 0.5): Transform {
  return withProbability('randomHorizontalFlip', p, mirrored);
}

/** Top and bottom exchanged, with probability p. @source torchvision: `RandomVerticalFlip` */
export function randomVerticalFlip(p = 0.5): Transform {
  return withProbability('randomVerticalFlip', p, upsideDown);
}

function mirrored(image: HostArray): HostArray {
  const [, , width] = sizesOf('randomHorizontalFlip', image);
  const data = image.data.slice();
  for (let row = 0; row < data.length; row += width) data.subarray(row, row + width).reverse();
  return { ...image, data };
}

function upsideDown(image: HostArray): HostArray {
  const [channels, height, width] = sizesOf('randomVerticalFlip', image);
  const data = emptyLike(image, image.data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * height + height - 1 - y) * width;
      data.set(image.data.subarray(from, from + width), (channel * height + y) * width);
    }
  }
  return { ...image, data };
}
