import { expect } from 'vitest';
import type { Tensor } from '../../index.ts';

/** The largest difference of two tensors of one shape. */
export async function distance(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [await a.data(), await b.data()];
  return Array.from(x).reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i]!)), 0);
}
