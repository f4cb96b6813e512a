import type { HostArray } from '../hostArray.ts';
import { ArgumentError, ShapeError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { formatShape, sameShape } from '../../../tensor/shape.ts';
import { checkSize } from '../../check.ts';
import { emptyLike, sizesOf } from '../transforms/image.ts';

export interface MakeGridOptions {
  /** Images in a row. Default 8. */
  nrow?: number;
  /** Pixels between and around them. Default 2. */
  padding?: number;
  /** Of these pixels. Default 0. */
  padValue?: number;
}

/**
 * One image of many, row by row. Images [C, Y, X] of one shape → [C, rows · (Y + padding) + padding, nrow · (X + padding) + padding].
 *
 * @throws ShapeError when their shapes differ; ArgumentError for none
 * @source torchvision: `utils.make_grid`
 * @example
 * const images = [0, 1, 2].map(() => ({ shape: [1, 4, 5], data: new Uint8Array(20) }));
 * nn.data.makeGrid(images, { nrow: 2 }).shape; // [1, 14, 16]
 */
export function makeGrid(images: readonly HostArray[], options: MakeGridOptions = {}): HostArray {
  const op = 'makeGrid';
  const { nrow = 8, padding = 2, padValue = 0 } = checkOptions(op, options, ['nrow', 'padding', 'padValue']);
  checkSize(op, 'nrow', nrow);
  checkSize(op, 'padding', padding, 0);
  const [first] = images;
  if (!first) throw new ArgumentError('there are no images; give at least one', { op });
  const [channels, height, width] = sizesOf(op, first);
  const columns = Math.min(nrow, images.length);
  const [tall, wide] = [
    padding + Math.ceil(images.length / columns) * (height + padding),
    padding + columns * (width + padding),
  ];
  const data = emptyLike(first, channels * tall * wide).fill(padValue);
  images.forEach(({ shape, data: own }, i) => {
    if (!sameShape(shape, first.shape)) {
      const got = `image ${i} has shape ${formatShape(shape)}, image 0 ${formatShape(first.shape)}`;
      throw new ShapeError(`${got}; they must be equal`, { op, index: i, shape });
    }
    const [top, left] = [
      padding + Math.floor(i / columns) * (height + padding),
      padding + (i % columns) * (width + padding),
    ];
    for (let row = 0; row < channels * height; row++) {
      const at = (Math.floor(row / height) * tall + top + (row % height)) * wide + left;
      data.set(own.subarray(row * width, (row + 1) * width), at);
    }
  });
  return { ...first, shape: [channels, tall, wide], data };
}
