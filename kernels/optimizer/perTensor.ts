import type { NdArray } from '../../tensor/runtime.ts';

/**
 * Reference: what lists become whose tensors number i belong together.
 *
 * @param update from the elements of tensor i of each list (undefined where a list is empty) to the new ones, in the order in
 *   which the op writes its lists
 * @returns all tensors of the first that is written, then of the second ...
 */
export function perTensor(
  lists: readonly (readonly NdArray[])[],
  update: (...tensors: Float64Array[]) => readonly Float64Array[],
): NdArray[] {
  const [first = []] = lists;
  const results = first.map((_, i) =>
    update(...(lists.map((list) => list[i] && Float64Array.from(list[i].data)) as Float64Array[])),
  );
  return (results[0] ?? []).flatMap((_, k) =>
    results.map((result, i) => ({ shape: first[i]!.shape, data: result[k]! })),
  );
}
