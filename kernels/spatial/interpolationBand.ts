// Which elements of an axis an element of the resized axis is made of, and how much of each.
//
// Element i of the result lies over the source at (i + ½) · scale − ½, or at i · scale where corners are aligned: scale
// is the source's elements per element of the result.

import type { Band } from './band.ts';

/** Along one axis: linear is what bilinear and trilinear do along each of theirs. */
export type InterpolationKind = 'nearest' | 'nearestExact' | 'linear' | 'cubic';

export interface AxisResize {
  readonly kind: InterpolationKind;
  readonly length: number;
  readonly size: number;
  /** By which the size was said to grow, if it was. */
  readonly factor: number | undefined;
  readonly alignCorners: boolean;
  readonly antialias: boolean;
}

/** Weights by source place; places that are named twice get the sum. */
type Row = readonly (readonly [place: number, weight: number])[];

/** The band of one axis. */
export function interpolationBand(resize: AxisResize): Band {
  const { length, size } = resize;
  const scale = scaleOf(resize);
  const row = rowOf(resize, scale);
  const starts: number[] = [];
  const weights: number[][] = [];
  for (let i = 0; i < size; i++) {
    const entries = row(i);
    const places = entries.map(([place]) => place);
    const first = Math.min(...places);
    const line = new Array<number>(Math.max(...places) - first + 1).fill(0);
    for (const [place, weight] of entries) line[place - first]! += weight;
    starts.push(first);
    weights.push(line);
  }
  return { length, starts, weights };
}

function scaleOf({ length, size, factor, alignCorners }: AxisResize): number {
  if (alignCorners) return size > 1 ? (length - 1) / (size - 1) : 0;
  return factor === undefined ? length / size : 1 / factor;
}

function rowOf(resize: AxisResize, scale: number): (i: number) => Row {
  const { kind, length, alignCorners, antialias } = resize;
  const inside = (place: number): number => Math.min(Math.max(place, 0), length - 1);
  if (kind === 'nearest' || kind === 'nearestExact') {
    const shift = kind === 'nearest' ? 0 : 0.5;
    // In float32, as PyTorch has it: which place a tie falls to is decided by the rounding.
    const [step, round] = [Math.fround(scale), Math.fround];
    return (i) => [[inside(Math.floor(round((i + shift) * step))), 1]];
  }
  if (antialias) return (i) => filtered(kind, i, length, scale);
  const position = (i: number): number => (alignCorners ? i * scale : (i + 0.5) * scale - 0.5);
  if (kind === 'linear') {
    return (i) => {
      const source = Math.max(position(i), 0);
      const place = inside(Math.floor(source));
      const share = Math.min(source - place, 1);
      return [
        [place, 1 - share],
        [inside(place + 1), share],
      ];
    };
  }
  return (i) => {
    const source = position(i);
    const place = Math.min(Math.floor(source), length - 1);
    return [-1, 0, 1, 2].map((tap) => [inside(place + tap), cubic(tap - Math.min(source - place, 1), -0.75)]);
  };
}

/** The kernel is as wide as an element of the result, where that is wider than one of the source; it is cut at the ends. */
function filtered(kind: 'linear' | 'cubic', i: number, length: number, scale: number): Row {
  const width = Math.max(scale, 1);
  const reach = (kind === 'linear' ? 1 : 2) * width;
  const center = (i + 0.5) * scale;
  const first = Math.max(Math.trunc(center - reach + 0.5), 0);
  const end = Math.min(Math.trunc(center + reach + 0.5), length);
  const row = Array.from({ length: end - first }, (_, t): [number, number] => {
    const distance = (first + t - center + 0.5) / width;
    return [first + t, kind === 'linear' ? Math.max(0, 1 - Math.abs(distance)) : cubic(distance, -0.5)];
  });
  const total = row.reduce((sum, [, weight]) => sum + weight, 0);
  return row.map(([place, weight]) => [place, weight / total]);
}

/** The cubic convolution kernel. @source Keys, "Cubic convolution interpolation", 1981, with free parameter `a` */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
}
