import { expect } from 'vitest';
import { beyondTolerance, worstOf } from '../testing/closeness.ts';

/**
 * |got − want| ≤ atol + rtol · |want| for each element, on the host; infinities must be equal, NaN too where `equalNan`.
 * Tensors have `toBeCloseToTensor`.
 */
export function expectClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol = 0, equalNan = false }: { atol: number; rtol?: number; equalNan?: boolean },
): void {
  expect(got.length, `length of ${what}`).toBe(want.length);
  const worst = worstOf(got, want, (a, b) => beyondTolerance(a, b, { atol, rtol, equalNan }));
  if (!worst) return;
  const { count, place } = worst;
  expect.fail(
    `${what}: ${count} of ${want.length} elements are not within ${atol} + ${rtol} · |expected|; ` +
      `worst is element ${place}: ${got[place]} instead of ${want[place]}`,
  );
}
