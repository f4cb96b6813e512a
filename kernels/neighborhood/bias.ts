import type { Tensor } from '../../tensor/tensor.ts';
import { tensor } from '../../tensor/create.ts';
import { embedding } from '../gather/embedding.ts';
import { where } from '../elementwise/where.ts';

/** Of each pair of a row and a column: the entry of one head's bias, or −1 where the row does not see the column. */
export interface Pairs {
  readonly offsets: Int32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Scores with what is not seen at −∞, and a bias on the rest, whose gradient counts seen pairs only.
 *
 * @param scores [B, N, rows, columns]
 * @param rpb [N, 2K − 1, ...]
 */
export function biased(scores: Tensor, pairs: Pairs, rpb: Tensor | undefined): Tensor {
  const sum = rpb ? scores.add(biasOf(rpb, pairs)) : scores;
  return pairs.offsets.includes(-1) ? where(maskOf(pairs, scores), sum, -Infinity) : sum;
}

/** [N, rows, columns]; pairs that are not seen have some entry of it. */
function biasOf(rpb: Tensor, { offsets, rows, columns }: Pairs): Tensor {
  const heads = rpb.shape[0]!;
  const table = rpb.reshape([heads, rpb.size / heads]).transpose();
  const index = tensor(
    offsets.map((entry) => Math.max(entry, 0)),
    { shape: [rows, columns], device: rpb.device },
  );
  return embedding(table, index).permute(2, 0, 1);
}

function maskOf({ offsets, rows, columns }: Pairs, { device }: Tensor): Tensor {
  const seen = Uint8Array.from(offsets, (entry) => Number(entry >= 0));
  return tensor(seen, { shape: [rows, columns], dtype: 'bool', device });
}
