import type { Fill, ImageSize } from './image.ts';
import type { Transform } from './transform.ts';
import { ShapeError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { checkSize } from '../../check.ts';
import { fillsOf, readSize, roundHalfEven, sizesOf } from './image.ts';
import { window } from './window.ts';

/**
 * The middle of the image, as [height, width]. What the image lacks is 0.
 *
 * @source torchvision: `CenterCrop`
 * @example
 * const image = { shape: [1, 1, 5], data: Uint8Array.of(1, 2, 3, 4, 5) };
 * nn.data.centerCrop([1, 3])(image, new Generator()).data; // [2, 3, 4]
 */
export function centerCrop(size: ImageSize): Transform {
  const [height, width] = readSize('centerCrop', size);
  // Where half a pixel is left over: one more at the end where the window is larger, at the even place where it is smaller.
  const begin = (length: number, part: number): number =>
    part > length ? -Math.floor((part - length) / 2) : roundHalfEven((length - part) / 2);
  return (image) => {
    const [, rows, columns] = sizesOf('centerCrop', image);
    return window(image, { y: begin(rows, height), x: begin(columns, width), height, width });
  };
}

/**
 * A random window of [height, width] of the image with `padding` pixels of `fill` on each side.
 *
 * @throws ShapeError when the window is larger than the padded image
 * @source torchvision: `RandomCrop`
 */
export function randomCrop(size: ImageSize, options: { padding?: number; fill?: Fill } = {}): Transform {
  const { padding = 0, fill = 0 } = checkOptions('randomCrop', options, ['padding', 'fill']);
  const [height, width] = readSize('randomCrop', size);
  checkSize('randomCrop', 'padding', padding, 0);
  return (image, generator) => {
    const [channels, rows, columns] = sizesOf('randomCrop', image);
    const [top, left] = [rows + 2 * padding - height, columns + 2 * padding - width];
    if (top < 0 || left < 0) {
      const shapes = { op: 'randomCrop', size: [height, width], shape: image.shape };
      throw new ShapeError(
        `a window of ${formatShape([height, width])} does not fit an image of ${formatShape([rows, columns])} with padding ${padding}`,
        shapes,
      );
    }
    const y = generator.integers(1, 0, top + 1)[0]! - padding;
    const x = generator.integers(1, 0, left + 1)[0]! - padding;
    return window(image, { y, x, height, width, fills: fillsOf('randomCrop', fill, channels) });
  };
}

/** The image moved by up to `pixels` along each axis; what comes in is `fill`. */
export function randomShift(pixels: number, options: { fill?: Fill } = {}): Transform {
  const { fill = 0 } = checkOptions('randomShift', options, ['fill']);
  checkSize('randomShift', 'pixels', pixels, 0);
  return (image, generator) => {
    const [, height, width] = sizesOf('randomShift', image);
    return randomCrop([height, width], { padding: pixels, fill })(image, generator);
  };
}
