import type { Fill } from './image.ts';
import type { Transform } from './transform.ts';
import { ArgumentError, ShapeError } from '../../../index.ts';
import { checkOptions } from '../../../tensor/options.ts';
import { formatShape } from '../../../tensor/shape.ts';
import { emptyLike, fillsOf, sizesOf } from './image.ts';
import { window } from './window.ts';

/**
 * What lies beyond the edge: one value; the edge's pixels again; the image mirrored, without ('reflect') or with ('symmetric')
 * the edge's pixels.
 */
export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';

export interface PadOptions {
  /** Where the mode is 'constant'. Default 0. */
  fill?: Fill;
  /** Default 'constant'. */
  paddingMode?: PaddingMode;
}

/** Where a place before 0 or after n − 1 lies in the image; all that a mode needs is that the image is as wide as the padding. */
const sources: Readonly<Record<Exclude<PaddingMode, 'constant'>, (place: number, n: number) => number>> = {
  edge: (place, n) => Math.min(Math.max(place, 0), n - 1),
  reflect: (place, n) => (place < 0 ? -place : place < n ? place : 2 * (n - 1) - place),
  symmetric: (place, n) => (place < 0 ? -1 - place : place < n ? place : 2 * n - 1 - place),
};

/**
 * The image with pixels around it: `padding` on all sides, [x, y] at both sides of each, or [left, top, right, bottom].
 *
 * @throws ShapeError for a padding that is no such number, or is wider than what is to be mirrored
 * @source torchvision: `Pad`
 * @example
 * const image = { shape: [1, 1, 3], data: Uint8Array.of(1, 2, 3) };
 * nn.data.pad([2, 0], { paddingMode: 'reflect' })(image, new Generator()).data; // [3, 2, 1, 2, 3, 2, 1]
 */
export function pad(padding: number | readonly number[], options: PadOptions = {}): Transform {
  const op = 'pad';
  const { fill = 0, paddingMode = 'constant' } = checkOptions(op, options, ['fill', 'paddingMode']);
  const [left, top, right, bottom] = readPadding(padding);
  if (paddingMode !== 'constant' && !Object.hasOwn(sources, paddingMode)) {
    const known = ['constant', ...Object.keys(sources)].join(', ');
    throw new ArgumentError(`paddingMode '${String(paddingMode)}' is unknown; use ${known}`, { op, paddingMode });
  }
  return (image) => {
    const [channels, rows, columns] = sizesOf(op, image);
    const [height, width] = [top + rows + bottom, left + columns + right];
    if (paddingMode === 'constant') {
      return window(image, { y: -top, x: -left, height, width, fills: fillsOf(op, fill, channels) });
    }
    const places = (before: number, n: number, after: number): number[] => {
      const most = { edge: Infinity, reflect: n - 1, symmetric: n }[paddingMode];
      if (Math.max(before, after) > most) {
        const got = `${Math.max(before, after)} pixels of padding at a side of ${n}`;
        throw new ShapeError(`${got}; '${paddingMode}' has at most ${most}`, { op, padding, shape: image.shape });
      }
      return Array.from({ length: before + n + after }, (_, i) => sources[paddingMode](i - before, n));
    };
    const [ys, xs] = [places(top, rows, bottom), places(left, columns, right)];
    const data = emptyLike(image, channels * height * width);
    let at = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (const y of ys) for (const x of xs) data[at++] = image.data[(channel * rows + y) * columns + x]!;
    }
    return { ...image, shape: [channels, height, width], data };
  };
}

function readPadding(padding: number | readonly number[]): readonly [number, number, number, number] {
  const list = typeof padding === 'number' ? [padding, padding] : padding;
  const four = Array.isArray(list) && list.length === 2 ? [...list, ...list] : list;
  if (Array.isArray(four) && four.length === 4 && four.every((n) => Number.isInteger(n) && n >= 0)) {
    return four as unknown as readonly [number, number, number, number];
  }
  const got = Array.isArray(padding) ? formatShape(padding) : String(padding);
  throw new ShapeError(`padding is ${got}; it must be integers >= 0: one, [x, y] or [left, top, right, bottom]`, {
    op: 'pad',
    padding,
  });
}
