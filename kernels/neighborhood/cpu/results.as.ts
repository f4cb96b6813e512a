/** What is written for a tile: before its owners see anything the marks of masked slots, afterwards the results. */

import * as here from './frame.as';
import * as field from './plan.as';
import { log1 } from '../../runtime/cpu/simd.as';
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
  const first = along(scratch, 2, here.first), last = along(scratch, 2, here.last), mode = get(plan, field.mode);
  const sum = get(plan, field.ownerSum), secondSum = get(plan, field.ownerSecondSum);
  const bytes = get(plan, field.ownerBytes);
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue), factor = getFloat(plan, field.resultFactor);
  let target = addressOf(plan, scratch, field.resultOperand, p0, p1, first);
  let second = addressOf(plan, scratch, field.resultOperand + 1, p0, p1, first);
  let index = indexOf(plan, scratch, field.axisLength, p0, p1, first);
  for (let p2 = first; p2 <= last; p2++) {
    if (mode === field.forwardMode) {
      const share = closeSoftmax(plan, record + get(plan, field.ownerStats), index);
      unpackRow(target, record + sum, dimValue, share);
    } else {
      unpackRow(target, record + sum, dim, factor);
      if (mode === field.backwardKeyMode) unpackRow(second, record + secondSum, dimValue, 1);
    }
    target += addressStep(plan, field.resultOperand);
    second += addressStep(plan, field.resultOperand + 1);
    index += indexStep(plan, field.axisLength);
    record += bytes;
  }
  return record;
}

/** Writes logsumexp; what the sum of values is to be multiplied by. Without a key that is 0, and logsumexp −∞. */
@inline
function closeSoftmax(plan: usize, stats: usize, index: usize): f32 {
  const total = load<f32>(stats, 4), rest: f32 = total === 0 ? 0 : log1(total);
  store<f32>(getAddress(plan, field.logsumexp) + (index << 2), load<f32>(stats) * ln2 + rest);
  return total === 0 ? 0 : 1 / total;
}
