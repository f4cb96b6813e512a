// How far float32 values are from the true ones.

/** Units in the last place of the float32 nearest to x. */
function ulp(x: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(Math.fround(x))));
  return 2 ** (Math.max(exponent, -126) - 23);
}

/** Errors are counted in ulps down to the least normal float: a GPU may make 0 of subnormals. */
export function distance(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded) || got === rounded) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(rounded)) return Infinity;
  if (Math.abs(want) < 2 ** -126 && Math.abs(got) <= 2 ** -126) return 0;
  return Math.abs(got - want) / ulp(want);
}

/** n floats from low to high, evenly by value, and as many by magnitude down to 1e-30. */
export function spread(low: number, high: number, n = 30_000): Float32Array {
  const even = Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
  const ends = [low, high].filter((end) => end !== 0);
  const decades = ends.flatMap((end) =>
    Array.from({ length: n / 4 }, (_, i) => end * (1e-30 / Math.abs(end)) ** ((4 * i) / n)),
  );
  return Float32Array.from([...even, ...decades]);
}
