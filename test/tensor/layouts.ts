// Random strided layouts, and the plain walk over their elements that others are judged by.

import { fc } from '@fast-check/vitest';
import type { Layout } from '../../tensor/layout.ts';
import { shapes } from '../../testing/shapes.ts';

/** Layouts as slicing, permuting, flipping and expanding make them: any stride, negative and zero ones too. */
export function layouts({ empty = true } = {}): fc.Arbitrary<Layout> {
  return shapes({ minLength: empty ? 0 : 1 }).chain((shape) =>
    fc
      .record({
        order: fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: shape.length },
        ),
        gaps: fc.array(fc.constantFrom(1, 1, 1, 2, 3), { minLength: shape.length, maxLength: shape.length }),
        signs: fc.array(fc.constantFrom(1, 1, 1, -1, 0), { minLength: shape.length, maxLength: shape.length }),
      })
      .map(({ order, gaps, signs }) => {
        const strides = new Array<number>(shape.length).fill(0);
        let step = 1;
        order.forEach((axis, i) => {
          step *= gaps[i]!;
          strides[axis] = step * signs[i]!;
          if (signs[i] !== 0) step *= Math.max(1, shape[axis]!);
        });
        const low = shape.reduce((sum, n, i) => sum + Math.min(0, (n - 1) * strides[i]!), 0);
        return { shape, strides, offset: shape.includes(0) ? 0 : 0 - low };
      }),
  );
}

/** Where each element of a layout lies, in row-major order. */
export function positions({ shape, strides, offset }: Layout): number[] {
  let starts = [offset];
  shape.forEach((n, axis) => {
    starts = starts.flatMap((start) => Array.from({ length: n }, (_, i) => start + i * strides[axis]!));
  });
  return starts;
}
