// Brightness, contrast and saturation, in float32 as torchvision computes them: bytes are rounded down, and which byte that
// is may hang on the last bit.

import type { HostArray } from '../hostArray.ts';
import type { Transform } from './transform.ts';
import { checkNonNegative } from '../../../tensor/range.ts';
import { emptyLike, sizesOf, whiteOf } from './image.ts';
import { luma } from './luma.ts';

const f32 = Math.fround;

/**
 * The image `factor` times as bright: 0 is black, 1 the image itself.
 *
 * @throws ArgumentError for a negative factor; DtypeError, from the transform, unless the image is uint8 or float
 * @source torchvision: `functional.adjust_brightness`
 * @example
 * const image = { shape: [1, 1, 2], data: Uint8Array.of(100, 200) };
 * nn.data.adjustBrightness(1.5)(image, new Generator()).data; // [150, 255]
 */
export function adjustBrightness(factor: number): Transform {
  checkNonNegative('adjustBrightness', { factor });
  return (image) => blended('adjustBrightness', image, factor, () => 0);
}

/**
 * Differences from the image's mean grey `factor` times as large: 0 is grey all over, 1 the image itself.
 *
 * @throws ArgumentError for a negative factor; ShapeError unless there are 1 or 3 channels
 * @source torchvision: `functional.adjust_contrast`
 */
export function adjustContrast(factor: number): Transform {
  checkNonNegative('adjustContrast', { factor });
  return (image) => {
    const grey = luma('adjustContrast', image);
    let sum = 0;
    for (let i = 0; i < grey.length; i++) sum += grey[i]!;
    const mean = f32(sum / grey.length);
    return blended('adjustContrast', image, factor, () => mean);
  };
}

/**
 * Differences from each pixel's grey `factor` times as large: 0 is an image without colour, 1 the image itself.
 *
 * @throws ArgumentError for a negative factor; ShapeError unless there are 1 or 3 channels
 * @source torchvision: `functional.adjust_saturation`
 */
export function adjustSaturation(factor: number): Transform {
  checkNonNegative('adjustSaturation', { factor });
  return (image) => {
    const grey = luma('adjustSaturation', image);
    return image.shape[0] === 1 ? image : blended('adjustSaturation', image, factor, (i) => grey[i]!);
  };
}

/** factor · image + (1 − factor) · other, between black and white. */
function blended(op: string, image: HostArray, factor: number, other: (i: number) => number): HostArray {
  const white = whiteOf(op, image);
  const [channels, rows, columns] = sizesOf(op, image);
  const area = rows * columns;
  const [own, rest] = [f32(factor), f32(1 - factor)];
  const data = emptyLike(image, image.data.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < area; i++) {
      const at = channel * area + i;
      const value = f32(f32(own * image.data[at]!) + f32(rest * other(i)));
      data[at] = Math.min(Math.max(value, 0), white);
    }
  }
  return { ...image, data };
}
