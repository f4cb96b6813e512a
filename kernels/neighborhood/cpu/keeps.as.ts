/** Dropout: factors of weights, 0 for those dropped, by word key & 3 of block (key >> 2, query, head, batch). */

import * as here from './frame.as';
import * as field from './plan.as';
import { philoxWord4 } from '../../dropout/philox.as';
import { get } from './frame.as';

/**
 * Writes the factors of `count` rows from `list` on, and up to 3 more, to `target`. `owner` is the owner's token
 * number, `row` that of the window's first row, to which the list's numbers are relative.
 */
export function fillKeeps(
  plan: usize, frame: usize, target: usize, list: usize, count: i32, owner: i32, row: i32,
): void {
  const mode = get(plan, field.mode), isByKey = mode === field.backwardKeyMode;
  const seed = get(plan, field.seed), threshold = i32x4.splat(get(plan, field.threshold));
  const head = i32x4.splat(get(frame, here.queryHead)), batch = i32x4.splat(get(frame, here.batch));
  const factor = v128.load32_splat(plan + (<usize>field.keepFactor << 2));
  const tokens = list + get(plan, field.tokenList) - get(plan, field.list);
  const bitsHere = frame + here.spareBytes;
  const rows = i32x4.splat(row), owners = i32x4.splat(owner), first = i32x4.splat(get(plan, field.firstKey));
  for (let at: usize = 0, bytes = <usize>count << 2; at < bytes; at += 16) {
    const numbers = i32x4.add(rows, v128.load(tokens + at));
    const keys = i32x4.add(first, isByKey ? owners : numbers), queries = isByKey ? numbers : owners;
    const word = v128.and(keys, i32x4.splat(3));
    const bits = philoxWord4(seed, i32x4.shr_u(keys, 2), queries, head, batch, word, bitsHere);
    v128.store(target + at, v128.and(factor, i32x4.ge_u(bits, threshold)));
  }
}
