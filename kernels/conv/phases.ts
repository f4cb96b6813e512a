// The gradient of a convolution by its source, as convolutions without stride.

import type { Grid } from './problem.ts';

/** One axis of the source positions `first`, `first` + stride, ... and the taps that see them. */
export interface Phase {
  readonly first: number;
  readonly count: number;
  readonly firstTap: number;
  readonly tapStep: number;
  readonly taps: number;
  /** Of a convolution over the gradient that gives these positions. */
  readonly offset: number;
  readonly dilation: number;
}

/** Source s = p · stride + t · dilation + offset: for each remainder of s, the taps t for which p is whole, and p. */
export function phasesOf(grid: Grid, axis: 0 | 1): Phase[] {
  const [stride, dilation, offset, kernel, length] = [
    grid.stride[axis],
    grid.dilation[axis],
    grid.offset[axis],
    grid.kernel[axis],
    grid.source[axis],
  ];
  const tapStep = stride / greatestCommonDivisor(stride, dilation);
  return Array.from({ length: Math.min(stride, length) }, (_, first) => {
    let firstTap = 0;
    while (firstTap < tapStep && (first - offset - firstTap * dilation) % stride !== 0) firstTap++;
    const taps = firstTap < Math.min(tapStep, kernel) ? Math.ceil((kernel - firstTap) / tapStep) : 0;
    return {
      first,
      firstTap,
      tapStep,
      taps,
      count: Math.ceil((length - first) / stride),
      offset: (first - offset - firstTap * dilation) / stride,
      dilation: (-tapStep * dilation) / stride,
    };
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
