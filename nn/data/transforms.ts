// Changes of one sample's image, `[C, Y, X]` in host memory, before it joins a batch. Pure functions: what is random is
// drawn from the generator given.

import type { Generator, TypedArray } from '../../index.ts';
import type { HostArray } from './dataset.ts';
import { ArgumentError, ShapeError } from '../../index.ts';
import { formatShape } from '../../tensor/shape.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkShare } from '../../tensor/range.ts';
import { checkSize } from '../check.ts';

export type Transform = (image: HostArray, generator: Generator) => HostArray;

/**
 * One transform after another.
 *
 * @example
 * const { compose, normalize, randomShift, toFloat } = nn.data;
 * const augment = compose(randomShift(2), toFloat(), normalize(0.1307, 0.3081));
 */
export function compose(...transforms: readonly Transform[]): Transform {
  return (image, generator) => transforms.reduce((result, transform) => transform(result, generator), image);
}

/** Bytes 0..255 as float32 of 0..1; other arrays as float32 of the same values. */
export function toFloat(): Transform {
  return ({ shape, data }) => {
    const scale = data instanceof Uint8Array ? 1 / 255 : 1;
    return { shape, data: Float32Array.from(data, (value) => value * scale) };
  };
}

/** (x − mean) / std, as float32; one number for all channels, or one per channel. */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Transform {
  for (const value of [std].flat()) {
    if (!(value > 0)) throw new ArgumentError(`std is ${String(std)}; it must be above 0`, { op: 'normalize', std });
  }
  return ({ shape, data }) => {
    const channels = shape[0] ?? 1;
    const at = (name: string, values: number | readonly number[], channel: number): number => {
      if (typeof values === 'number') return values;
      if (values.length === channels) return values[channel]!;
      const got = `${name} has ${values.length} entries, the image ${channels} channels`;
      throw new ShapeError(`${got}; they must be equal`, { op: 'normalize', [name]: values, shape });
    };
    const result = new Float32Array(data.length);
    const size = data.length / channels;
    for (let channel = 0; channel < channels; channel++) {
      const [shift, scale] = [at('mean', mean, channel), 1 / at('std', std, channel)];
      for (let i = channel * size; i < (channel + 1) * size; i++) result[i] = (data[i]! - shift) * scale;
    }
    return { shape, data: result };
  };
}

/**
 * A random window of [height, width] of the image with `padding` pixels of `fill` on each side.
 *
 * @throws ShapeError when the window is larger than the padded image
 */
export function randomCrop(
  size: number | readonly [number, number],
  options: { padding?: number; fill?: number } = {},
): Transform {
  const { padding = 0, fill = 0 } = checkOptions('randomCrop', options, ['padding', 'fill']);
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  checkSize('randomCrop', 'height', height);
  checkSize('randomCrop', 'width', width);
  return (image, generator) => {
    const [, rows, columns] = sizesOf('randomCrop', image);
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
    return window(image, { y, x, height, width, fill });
  };
}

/** The image moved by up to `pixels` along each axis; what comes in is `fill`. */
export function randomShift(pixels: number, options: { fill?: number } = {}): Transform {
  const { fill = 0 } = checkOptions('randomShift', options, ['fill']);
  return (image, generator) => {
    const [, height, width] = sizesOf('randomShift', image);
    return randomCrop([height, width], { padding: pixels, fill })(image, generator);
  };
}

/** Left and right exchanged, with probability p. */
export function randomHorizontalFlip(p = 0.5): Transform {
  checkShare('randomHorizontalFlip', { p });
  return (image, generator) => {
    if (generator.uniform(1)[0]! >= p) return image;
    const [, , width] = sizesOf('randomHorizontalFlip', image);
    const data = image.data.slice();
    for (let row = 0; row < data.length; row += width) data.subarray(row, row + width).reverse();
    return { ...image, data };
  };
}

function sizesOf(op: string, { shape }: HostArray): [number, number, number] {
  if (shape.length === 3) return [...shape] as [number, number, number];
  throw new ShapeError(`the image has shape ${formatShape(shape)}; it must be [C, Y, X]`, { op, shape });
}

interface Window {
  /** Where the window begins, in pixels of the image; it may reach beyond. */
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
  readonly fill: number;
}

function window({ shape, data, ...rest }: HostArray, { y, x, height, width, fill }: Window): HostArray {
  const [channels, rows, columns] = shape as [number, number, number];
  const out = new (data.constructor as new (length: number) => TypedArray)(channels * height * width);
  if (fill !== 0) out.fill(fill);
  const [from, to] = [Math.max(0, x), Math.min(columns, x + width)];
  for (let channel = 0; channel < channels; channel++) {
    for (let row = Math.max(0, y); row < Math.min(rows, y + height); row++) {
      if (from >= to) continue;
      const source = (channel * rows + row) * columns;
      const target = (channel * height + row - y) * width;
      out.set(data.subarray(source + from, source + to), target + from - x);
    }
  }
  return { shape: [channels, height, width], data: out, ...rest };
}
