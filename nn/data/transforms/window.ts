import type { HostArray } from '../hostArray.ts';
import { emptyLike } from './image.ts';

export interface Window {
  /** Where the window begins, in pixels of the image; it may reach beyond. */
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
  /** Of what lies beyond, for each channel. Default 0. */
  readonly fills?: readonly number[];
}

/** The part of an image that the window shows. */
export function window(image: HostArray, { y, x, height, width, fills }: Window): HostArray {
  const { shape, data, ...rest } = image;
  const [channels, rows, columns] = shape as [number, number, number];
  const area = height * width;
  const out = emptyLike(image, channels * area);
  const [from, to] = [Math.max(0, x), Math.min(columns, x + width)];
  for (let channel = 0; channel < channels; channel++) {
    const fill = fills?.[channel] ?? 0;
    if (fill !== 0) out.fill(fill, channel * area, (channel + 1) * area);
    if (from >= to) continue;
    for (let row = Math.max(0, y); row < Math.min(rows, y + height); row++) {
      const source = (channel * rows + row) * columns;
      const target = channel * area + (row - y) * width;
      out.set(data.subarray(source + from, source + to), target + from - x);
    }
  }
  return { shape: [channels, height, width], data: out, ...rest };
}
