import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { philox } from '../../tensor/philox.ts';
import { checkShare } from '../../tensor/range.ts';
import { formatShape } from '../../tensor/shape.ts';
import { build } from '../runtime/reference/loops.ts';
import { pairDropoutCpu } from './pairDropout.cpu.ts';

export interface PairDropoutAttrs {
  /** Probability of being dropped, 0..1. */
  p: number;
  /** 32 bits; the same seed drops the same pairs. */
  seed: number;
}

const name = 'pairDropout';

function check(x: Shape, keys: Shape, { p, seed }: PairDropoutAttrs): void {
  if (x.length !== 4) throw new ShapeError(`x ${formatShape(x)} must be [B, N, T, M]`, { op: name, x });
  const [tokens, slots] = x.slice(2) as [number, number];
  if (keys.length !== 2 || keys[1] !== slots || (keys[0] !== tokens && keys[0] !== 1)) {
    const wanted = `${formatShape([tokens, slots])}, or ${formatShape([1, slots])} for all queries`;
    throw new ShapeError(`keys ${formatShape(keys)} does not fit x ${formatShape(x)}; it must be ${wanted}`, {
      op: name,
      x,
      keys,
    });
  }
  checkShare(name, { p });
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  throw new ArgumentError(`seed must be an integer of 0..2^32-1, got ${seed}`, { op: name, seed });
}

/**
 * Attention's dropout: x / (1 − p) where the random bits of the pair of query and key are at least p · 2³², else 0. x
 * [B, N, T, M] holds the weights of head n, query t and key keys[t, m]; keys [T, M], or [1, M] for all queries. So a
 * pair has the same bits in whatever slot, order or tile it comes; backward draws them again.
 *
 * @throws ShapeError when keys does not fit x; ArgumentError for p outside 0..1 or a seed of more than 32 bits
 * @source Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: word key mod 4 of Philox4x32-10 with
 *   key (seed, 0) and counter (⌊key / 4⌋, query, head, batch)
 */
export const pairDropout: Op<['x', 'keys:int'], PairDropoutAttrs> = defineOp({
  name,
  inputs: ['x', 'keys:int'],
  required: ['p', 'seed'],
  shape({ x, keys }, attrs) {
    check(x, keys, attrs);
    return x;
  },
  reference({ x, keys }, { p, seed }) {
    const [rows, slots] = keys.shape as [number, number];
    let next = 0;
    return build(x.shape, ([batch, head, query, slot]) => {
      const key = keys.data[(rows === 1 ? 0 : query!) * slots + slot!]!;
      const word = philox(seed, 0, key >>> 2, query!, head!, batch!)[key & 3]!;
      const value = x.data[next++]!;
      return word >= Math.round(p * 2 ** 32) ? value / (1 - p) : 0;
    });
  },
  kernels: { cpu: pairDropoutCpu },
  saves: ['keys'],
  backward: ({ grads: [g], inputs: { keys }, attrs }) => ({ x: pairDropout(g, keys, attrs) }),
});
