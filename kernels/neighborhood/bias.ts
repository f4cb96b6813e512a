import type { Tensor } from '../../tensor/tensor.ts';
import type { Columns } from './pairTables.ts';
import type { Axis } from './window.ts';
import { where } from '../elementwise/where.ts';
import { embedding } from '../gather/embedding.ts';
import { hasUnseen, offsetTable, seenTable } from './pairTables.ts';

/**
 * Scores with what is not seen at −∞, and a bias on the rest, whose gradient counts seen pairs only.
 *
 * @param scores [B, N, T, ΠK] for slots, [B, N, T, T] for keys
 * @param rpb [N, 2K − 1, ...]
 */
export function biased(scores: Tensor, axes: readonly Axis[], columns: Columns, rpb: Tensor | undefined): Tensor {
  const { device } = scores;
  const sum = rpb ? scores.add(biasOf(rpb, offsetTable(axes, columns, device))) : scores;
  return hasUnseen(axes, columns) ? where(seenTable(axes, columns, device), sum, -Infinity) : sum;
}

/** [N, rows, columns]; pairs that do not see each other have some entry of it. */
function biasOf(rpb: Tensor, offsets: Tensor): Tensor {
  const heads = rpb.shape[0]!;
  return embedding(rpb.reshape([heads, rpb.size / heads]).transpose(), offsets).permute(2, 0, 1);
}
