// Where two arrays differ most, element by element.

import type { Dtype } from '../index.ts';

export interface Tolerances {
  /** Allowed besides `atol`, relative to |expected|. */
  rtol: number;
  atol: number;
  /** Whether NaN is close to NaN. */
  equalNan: boolean;
}

/** @source PyTorch: `torch.testing.assert_close` */
const defaults: Readonly<Record<Dtype, { rtol: number; atol: number }>> = {
  float16: { rtol: 1e-3, atol: 1e-5 },
  float32: { rtol: 1.3e-6, atol: 1e-5 },
  float64: { rtol: 1e-7, atol: 1e-7 },
  int32: { rtol: 0, atol: 0 },
  uint8: { rtol: 0, atol: 0 },
  bool: { rtol: 0, atol: 0 },
};

/** What PyTorch allows between these dtypes: the coarser one's. */
export function tolerancesOf(a: Dtype, b: Dtype): { rtol: number; atol: number } {
  const [first, second] = [defaults[a], defaults[b]];
  return first.rtol > second.rtol ? first : second;
}

export interface Worst {
  /** How many elements are not close. */
  readonly count: number;
  /** The place, in row-major order, of the one that is furthest from what is allowed. */
  readonly place: number;
}

/** The elements of `got` that are not what they should be, `beyond` of them being above 0; null when there are none. */
export function worstOf(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  beyond: (got: number, want: number) => number,
): Worst | null {
  let [count, place, most] = [0, -1, 0];
  for (let i = 0; i < want.length; i++) {
    const excess = beyond(got[i]!, want[i]!);
    if (excess <= 0) continue;
    count++;
    if (excess <= most) continue;
    most = excess;
    place = i;
  }
  return count > 0 ? { count, place } : null;
}

/** By how much |got − want| is beyond atol + rtol · |want|; infinite for a NaN, and for an infinity that is not the same. */
export function beyondTolerance(got: number, want: number, { rtol, atol, equalNan }: Tolerances): number {
  if (got === want) return 0;
  if (equalNan && Number.isNaN(got) && Number.isNaN(want)) return 0;
  const beyond = Math.abs(got - want) - (atol + rtol * Math.abs(want));
  return Number.isFinite(got - want) ? beyond : Infinity;
}

/** The index of the element at `place` in row-major order. */
export function indexAt(place: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const n of shape.toReversed()) {
    index.unshift(place % n);
    place = Math.floor(place / n);
  }
  return index;
}
