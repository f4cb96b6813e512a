/**
 * The unfused operations' weights in memory: attn [B, N, *X, ΠK] with any strides but that slots of a query lie one
 * after another. The place of (query, key) is the sum, over the axes, of what a table has for the query (its stride
 * less that of its window's start) and of the key's position times the axis's slot stride.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { get, getAddress, getFloat, ofAxis, tokenOf } from './frame.as';

/** What a position adds to the place, in bytes. */
@inline
function placeOf(plan: usize, frame: usize, axis: i32, position: i32, isQuery: bool): usize {
  if (!isQuery) return <usize>(position * ofAxis(plan, axis, field.axisSlot));
  return <usize>get(plan, ofAxis(plan, axis, field.axisSlots) + tokenOf(plan, frame, axis, position));
}

/** Where this item's batch entry and query head begin. */
@inline
function attnHere(plan: usize, frame: usize): usize {
  const behind = get(frame, here.batch) * get(plan, field.attnBatch);
  return getAddress(plan, field.attn) + behind + get(frame, here.queryHead) * get(plan, field.attnHead);
}

/** The place of an owner and the rows at (0, 0, 0). */
export function ownerPlace(plan: usize, frame: usize, p0: i32, p1: i32, p2: i32): usize {
  const isQuery = get(plan, field.mode) !== field.spreadMode;
  const place = placeOf(plan, frame, 0, p0, isQuery) + placeOf(plan, frame, 1, p1, isQuery);
  return attnHere(plan, frame) + place + placeOf(plan, frame, 2, p2, isQuery);
}

/** Marks all slots of a query. */
export function maskSlots(plan: usize, frame: usize, p0: i32, p1: i32, p2: i32): void {
  // The first slot is that of the window's first key.
  let at = ownerPlace(plan, frame, p0, p1, p2);
  at += placeOf(plan, frame, 0, get(plan, ofAxis(plan, 0, field.axisWindows) + 2 * tokenOf(plan, frame, 0, p0)), false);
  at += placeOf(plan, frame, 1, get(plan, ofAxis(plan, 1, field.axisWindows) + 2 * tokenOf(plan, frame, 1, p1)), false);
  at += placeOf(plan, frame, 2, get(plan, ofAxis(plan, 2, field.axisWindows) + 2 * tokenOf(plan, frame, 2, p2)), false);
  const masked = getFloat(plan, field.masked), end = at + (<usize>get(plan, field.attnSlots) << 2);
  for (; at < end; at += 4) store<f32>(at, masked);
}

/**
 * Copies the weights of a block of rows between the list's order (column by column) and their places: to memory when
 * the mode is dots, else from it. The block begins at positions (b0, b1, b2).
 */
export function moveSlots(
  plan: usize, frame: usize, scores: usize, owner: usize,
  b0: i32, b1: i32, b2: i32, slabs: i32, lines: i32, columns: i32,
): void {
  const isStore = get(plan, field.mode) === field.dotsMode, isQuery = get(plan, field.mode) === field.spreadMode;
  for (let column = 0; column < columns; column++) {
    const atColumn = owner + placeOf(plan, frame, 2, b2 + column, isQuery);
    for (let slab = 0; slab < slabs; slab++) {
      const atSlab = atColumn + placeOf(plan, frame, 0, b0 + slab, isQuery);
      for (let line = 0; line < lines; line++) {
        const at = atSlab + placeOf(plan, frame, 1, b1 + line, isQuery);
        if (isStore) store<f32>(at, load<f32>(scores));
        else store<f32>(scores, load<f32>(at));
        scores += 4;
      }
    }
  }
}
