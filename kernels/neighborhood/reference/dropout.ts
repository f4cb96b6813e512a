import { philox } from '../../../tensor/philox.ts';

/**
 * What dropout multiplies one weight by: 1 / (1 − p) where it is kept, else 0. The pair's random word is word key mod 4
 * of the Philox block with key (seed, 0) and counter (⌊key / 4⌋, query, head, batch); it is kept where the word is at least p · 2³².
 *
 * @param query token number, row-major over the token axes
 * @param key token number; additional key j has number T + j
 */
export function keepFactor(
  { dropout, seed }: { dropout: number; seed: number },
  batch: number,
  head: number,
  query: number,
  key: number,
): number {
  if (dropout === 0) return 1;
  const word = philox(seed, 0, Math.floor(key / 4), query, head, batch)[key % 4]!;
  return word >= Math.round(dropout * 2 ** 32) ? 1 / (1 - dropout) : 0;
}
