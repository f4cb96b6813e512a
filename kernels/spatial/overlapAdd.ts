import type { Layout } from '../../tensor/layout.ts';
import type { Loops } from '../runtime/collapse.ts';
import { contiguousStrides, normalizeAxis } from '../../tensor/shape.ts';
import { collapse } from '../runtime/collapse.ts';

/** How `overlapAdd` walks x and its result y. */
export interface OverlapLoops {
  /** The axes beside the windows'; strides of x, then of y. At least two before the innermost, which has `inner` elements. */
  readonly loops: Loops;
  readonly inner: number;
  readonly windows: number;
  readonly size: number;
  /** Strides of x from window to window, and from element to element; of y from place to place. */
  readonly windowStride: number;
  readonly elementStride: number;
  readonly placeStride: number;
}

/** An innermost loop over neighbours in both x and y, or over one element where the windows' axis is the innermost. */
export function overlapLoops(x: Layout, y: Layout, axis: number): OverlapLoops {
  const at = normalizeAxis('overlapAdd', axis, y.shape);
  const beside = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== at);
  const ofY = contiguousStrides(y.shape);
  const ofX = x.strides.slice(0, -1);
  const found = collapse(beside(y.shape), [beside(ofX), beside(ofY)]);
  const isRow = found.strides.every((steps) => steps.at(-1) === 1);
  const loops = isRow ? found : { sizes: [...found.sizes, 1], strides: found.strides.map((steps) => [...steps, 0]) };
  while (loops.sizes.length < 3) {
    loops.sizes.unshift(1);
    loops.strides.forEach((steps) => steps.unshift(0));
  }
  return {
    loops,
    inner: loops.sizes.at(-1)!,
    windows: x.shape[at]!,
    size: x.shape.at(-1)!,
    windowStride: x.strides[at]!,
    elementStride: x.strides.at(-1)!,
    placeStride: ofY[at]!,
  };
}
