// The plain loops of pooling: what the kernels are judged by.

import type { NdArray } from '../../tensor/runtime.ts';

type Sides = number | readonly number[];

interface Attrs {
  readonly kernelSize: Sides;
  readonly stride: Sides | undefined;
  readonly padding: Sides;
  readonly dilation?: Sides;
  readonly ceilMode: boolean;
}

/** What the sum of a window of `inside` elements, `padded` with those of the padding, is divided by. */
export function divisorOf(
  { countIncludePad, divisorOverride }: { countIncludePad: boolean; divisorOverride: number | undefined },
  inside: number,
  padded: number,
): number {
  return divisorOverride ?? (countIncludePad ? padded : inside);
}

/** One window along one axis: the places it sees, and how many it would see were the padding there too. */
export interface Span {
  readonly inside: readonly number[];
  readonly padded: number;
}

/** The windows along one axis of `length`. */
export function spansOf(attrs: Attrs, axis: 0 | 1, length: number): Span[] {
  const at = (value: Sides): number => (typeof value === 'number' ? value : value[axis]!);
  const [kernel, stride, padding] = [at(attrs.kernelSize), at(attrs.stride ?? attrs.kernelSize), at(attrs.padding)];
  const dilation = at(attrs.dilation ?? 1);
  const spans: Span[] = [];
  for (let start = -padding; ; start += stride) {
    const places = Array.from({ length: kernel }, (_, i) => start + i * dilation);
    const isWhole = places.at(-1)! < length + padding;
    if (!isWhole && !(attrs.ceilMode && start < length && places.at(-1)! - stride < length + padding - 1)) return spans;
    spans.push({
      inside: places.filter((i) => i >= 0 && i < length),
      padded: places.filter((i) => i < length + padding).length,
    });
  }
}

/** The `count` windows of adaptive pooling along one axis: ⌊i · length / count⌋ to ⌈(i + 1) · length / count⌉. */
export function adaptiveSpans(count: number, length: number): Span[] {
  return Array.from({ length: count }, (_, i) => {
    const [first, last] = [Math.floor((i * length) / count), Math.ceil(((i + 1) * length) / count)];
    return { inside: Array.from({ length: last - first }, (__, k) => first + k), padded: last - first };
  });
}

/** Calls `visit` for every window of every map of a shape [N, C, H, W], with the positions that it sees, row by row. */
export function forEachWindow(
  shape: readonly number[],
  [vertical, horizontal]: readonly [readonly Span[], readonly Span[]],
  visit: (outputAt: number, places: readonly number[], padded: number) => void,
): void {
  const [images, channels, height, width] = shape as readonly [number, number, number, number];
  let outputAt = 0;
  for (let map = 0; map < images * channels; map++) {
    for (const down of vertical) {
      for (const across of horizontal) {
        const places = down.inside.flatMap((y) => across.inside.map((x) => (map * height + y) * width + x));
        visit(outputAt++, places, down.padded * across.padded);
      }
    }
  }
}

export function zerosOf(shape: readonly number[]): { shape: readonly number[]; data: Float64Array } {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) } satisfies NdArray;
}
