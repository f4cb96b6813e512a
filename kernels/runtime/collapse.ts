import type { Shape } from '../../tensor/shape.ts';

/** Axes of a loop nest, outermost first, and each operand's stride per axis, in elements. */
export interface Loops {
  readonly sizes: number[];
  readonly strides: number[][];
}

/**
 * The shortest loop nest over `shape`: axes of size 1 go, and neighbours that every operand walks without a gap merge.
 * At least `least` axes are left (of size 1 and stride 0 in front), so that a kernel with fixed loops can take them.
 */
export function collapse(shape: Shape, operands: readonly Shape[], least = 1): Loops {
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && operands.every((steps, i) => strides[i]![last] === steps[axis]! * n)) {
      sizes[last] = sizes[last]! * n;
      operands.forEach((steps, i) => (strides[i]![last] = steps[axis]!));
    } else {
      sizes.push(n);
      operands.forEach((steps, i) => strides[i]!.push(steps[axis]!));
    }
  }
  while (sizes.length < least) {
    sizes.unshift(1);
    strides.forEach((steps) => steps.unshift(0));
  }
  return { sizes, strides };
}

/**
 * Calls `body` for every position of the axes in front of the innermost `inner` ones, with each operand's offset there,
 * in elements. Kernels with a fixed number of loops handle deeper nests this way.
 */
export function outerLoops({ sizes, strides }: Loops, inner: number, body: (...offsets: number[]) => void): void {
  const depth = sizes.length - inner;
  const walk = (axis: number, offsets: number[]): void => {
    if (axis === depth) return body(...offsets);
    for (let i = 0; i < sizes[axis]!; i++)
      walk(
        axis + 1,
        offsets.map((offset, k) => offset + i * strides[k]![axis]!),
      );
  };
  walk(
    0,
    strides.map(() => 0),
  );
}
