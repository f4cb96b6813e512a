/**
 * The oracle of the unfused operations: plain loops in float64.
 *
 * Legend: B batch, N query heads, Nkv key heads, *X token axes, T = ΠX tokens, D head dim, K kernel size. Heads come first: row
 * (b · N + h) · T + t of query [B, N, *X, D]; attn [B, N, *X, ΠK] has one element for each query and slot.
 */

import type { NdArray } from '../../../tensor/runtime.ts';
import type { ReferenceProblem } from './neighbours.ts';
import { neighboursOf, slotsOf } from './neighbours.ts';
import { addRow, dot, zerosOf } from './rows.ts';

/** attn[q, slot of k] = q · k; slots without a key hold `masked`. query [B, N, *X, D], key [B, Nkv, *X, D] → [B, N, *X, ΠK]. */
export function dotsReference(
  { query, key }: { query: NdArray; key: NdArray },
  options: ReferenceProblem & { masked: number },
): NdArray {
  const attn = zerosOf([...query.shape.slice(0, -1), slotsOf(query.shape.length - 3, options)]);
  attn.data.fill(options.masked);
  forEachPair(query.shape, key.shape[1]!, options, (queryRow, keyRow, at) => {
    attn.data[at] = dot(query, queryRow, key, keyRow);
  });
  return attn;
}

/** Σₖ attn[q, slot of k] · value[k]. attn [B, N, *X, ΠK], value [B, Nkv, *X, D] → [B, N, *X, D]. */
export function sumReference({ attn, value }: { attn: NdArray; value: NdArray }, options: ReferenceProblem): NdArray {
  const output = zerosOf([...attn.shape.slice(0, -1), value.shape.at(-1)!]);
  forEachPair(attn.shape, value.shape[1]!, options, (queryRow, keyRow, at) =>
    addRow(output, queryRow, value, keyRow, attn.data[at]!),
  );
  return output;
}

/** Σ over the queries q that see k, of attn[q, slot of k] · x[q]. attn [B, N, *X, ΠK], x [B, N, *X, D] → [B, Nkv, *X, D]. */
export function spreadReference(
  { attn, x }: { attn: NdArray; x: NdArray },
  options: ReferenceProblem & { headsKv: number },
): NdArray {
  const output = zerosOf(x.shape.with(1, options.headsKv));
  forEachPair(x.shape, options.headsKv, options, (queryRow, keyRow, at) =>
    addRow(output, keyRow, x, queryRow, attn.data[at]!),
  );
  return output;
}

function forEachPair(
  shape: readonly number[],
  headsKv: number,
  problem: ReferenceProblem,
  visit: (queryRow: number, keyRow: number, at: number) => void,
): void {
  const [batches, heads] = shape as [number, number];
  const lists = neighboursOf(shape.slice(2, -1), problem);
  const slots = slotsOf(shape.length - 3, problem);
  for (let batch = 0; batch < batches; batch++) {
    for (let head = 0; head < heads; head++) {
      const headKv = Math.floor(head / (heads / headsKv));
      lists.forEach((list, token) => {
        const queryRow = (batch * heads + head) * lists.length + token;
        for (const { token: other, slot } of list)
          visit(queryRow, (batch * headsKv + headKv) * lists.length + other, queryRow * slots + slot);
      });
    }
  }
}
