// Numbers that any language can make again, so that a benchmark or a loss curve needs no file to be compared.

/**
 * Values in [-scale, scale): states of x → 1664525 x + 1013904223 mod 2³² from `seed` on, each over 2³².
 *
 * @source Knuth and Lewis's generator, as in Numerical Recipes
 */
export function lcg(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) * 2 * scale;
  }
  return values;
}
