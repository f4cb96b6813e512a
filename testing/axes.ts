import fc from 'fast-check';

/** An axis of a tensor of `rank` axes, counted from the first or, negative, from the last. There is none of a scalar. */
export function axis(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

/**
 * Different axes of a tensor of `rank` axes, in any order, each counted from the first or from the last; of a scalar, none.
 *
 * @example
 * fc.assert(fc.property(axes(3), (axis) => zeros([2, 3, 4]).sum({ axis }).rank === 3 - axis.length));
 */
export function axes(
  rank: number,
  { min = Math.min(1, rank), max = rank }: { min?: number; max?: number } = {},
): fc.Arbitrary<number[]> {
  const places = Array.from({ length: rank }, (_, i) => i);
  const chosen = fc.shuffledSubarray(places, { minLength: min, maxLength: max });
  const signs = fc.array(fc.boolean(), { minLength: rank, maxLength: rank });
  return fc.tuple(chosen, signs).map(([found, isNegative]) => found.map((i) => (isNegative[i] ? i - rank : i)));
}

/** The attributes of `sum`, `mean`, `max` and their like for a tensor of `rank` axes: all axes, one or some, kept or not. */
export function reductions(rank: number): fc.Arbitrary<{ axis?: number | number[]; keepDims: boolean }> {
  const some = rank > 0 ? [axis(rank)] : [];
  return fc
    .record({
      axis: fc.oneof(fc.constant(undefined), axes(rank), ...some),
      keepDims: fc.boolean(),
    })
    .map(({ axis: chosen, keepDims }) => ({ ...(chosen !== undefined && { axis: chosen }), keepDims }));
}
