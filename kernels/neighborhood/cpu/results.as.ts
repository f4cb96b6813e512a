/** What is written for a tile: before its owners see anything the marks of masked slots, afterwards the results. */

import * as here from './frame.as';
import * as field from './plan.as';
import { log4 } from '../../runtime/cpu/simd.as';
import { addressOf, addressStep, indexOf, indexStep } from './box.as';
import { along, get, getAddress, getFloat, set } from './frame.as';
import { unpackRow } from './rows.as';
import { maskSlots } from './slots.as';

const ln2: f32 = 0.6931471805599453;

export function maskTile(plan: usize, scratch: usize): void {
  // The owners are queries, so that their head is the weights'.
  set(scratch, here.queryHead, get(scratch, here.head));
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      for (let p2 = along(scratch, 2, here.first); p2 <= along(scratch, 2, here.last); p2++) {
        maskSlots(plan, scratch, p0, p1, p2);
      }
    }
  }
}

/** Writes the tile's results. */
export function closeTile(plan: usize, scratch: usize): void {
  if (get(plan, field.mode) === field.dotsMode) return;
  let record = scratch + get(plan, field.tile);
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      record = closeLine(plan, scratch, p0, p1, record);
    }
  }
}

function closeLine(plan: usize, scratch: usize, p0: i32, p1: i32, record: usize): usize {
  const first = along(scratch, 2, here.first), count = along(scratch, 2, here.last) - first + 1;
  const mode = get(plan, field.mode), isForward = mode === field.forwardMode, isByKey = mode === field.backwardKeyMode;
  const sum = get(plan, field.ownerSum), secondSum = get(plan, field.ownerSecondSum);
  const stats = get(plan, field.ownerStats), bytes = get(plan, field.ownerBytes);
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue), factor = getFloat(plan, field.resultFactor);
  if (isForward) closeSoftmax(plan, record + stats, indexOf(plan, scratch, field.axisLength, p0, p1, first), count);
  let target = addressOf(plan, scratch, field.resultOperand, p0, p1, first);
  let second = addressOf(plan, scratch, field.resultOperand + 1, p0, p1, first);
  for (let i = 0; i < count; i++) {
    if (isForward) unpackRow(target, record + sum, dimValue, load<f32>(record + stats));
    else unpackRow(target, record + sum, dim, factor);
    if (isByKey) unpackRow(second, record + secondSum, dimValue, 1);
    target += addressStep(plan, field.resultOperand);
    second += addressStep(plan, field.resultOperand + 1);
    record += bytes;
  }
  return record;
}

/**
 * Writes the logsumexp of a line of owners, four at a time. In the place of m stays what the sum of values is to be
 * multiplied by. Without a key, or where all scores are −∞, that is 0, and logsumexp −∞.
 */
function closeSoftmax(plan: usize, stats: usize, index: usize, count: i32): void {
  const bytes = get(plan, field.ownerBytes), step = indexStep(plan, field.axisLength) << 2;
  const none = f32x4.splat(0);
  let target = getAddress(plan, field.logsumexp) + (index << 2);
  for (let left = count; left > 0; left -= 4) {
    // Past the line's end its last owner is read again.
    const next = stats + min(1, left - 1) * bytes, third = stats + min(2, left - 1) * bytes;
    const fourth = stats + min(3, left - 1) * bytes;
    const ab = i32x4.shuffle(v128.load64_zero(stats), v128.load64_zero(next), 0, 4, 1, 5);
    const cd = i32x4.shuffle(v128.load64_zero(third), v128.load64_zero(fourth), 0, 4, 1, 5);
    const m = i64x2.shuffle(ab, cd, 0, 2), l = i64x2.shuffle(ab, cd, 1, 3);
    const isLowest = v128.and(f32x4.eq(m, f32x4.splat(-Infinity)), f32x4.eq(l, l)); // a NaN stays
    const isNone = v128.or(f32x4.eq(l, none), isLowest);
    const rest = v128.andnot(log4(l), isNone), logs = f32x4.add(f32x4.mul(m, f32x4.splat(ln2)), rest);
    const shares = v128.andnot(f32x4.div(f32x4.splat(1), l), isNone);
    v128.store_lane<f32>(target, logs, 0);
    v128.store_lane<f32>(stats, shares, 0);
    if (left > 1) { v128.store_lane<f32>(target + step, logs, 1); v128.store_lane<f32>(next, shares, 1); }
    if (left > 2) { v128.store_lane<f32>(target + 2 * step, logs, 2); v128.store_lane<f32>(third, shares, 2); }
    if (left > 3) { v128.store_lane<f32>(target + 3 * step, logs, 3); v128.store_lane<f32>(fourth, shares, 3); }
    stats += 4 * bytes;
    target += 4 * step;
  }
}
