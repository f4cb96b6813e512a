/** Finds an item's tile and box, and copies their rows from the operands, which may have any strides, to scratch. */

import * as here from './frame.as';
import * as field from './plan.as';
import { along, get, getAddress, getFloat, ofAxis, set, setAddress, setAlong } from './frame.as';
import { packRow } from './rows.as';

const log2e: f32 = 1.4426950408889634;

/** The coordinate of the token at `position` of the tile's group. */
@inline
function tokenOf(plan: usize, frame: usize, axis: i32, position: i32): i32 {
  return along(frame, axis, here.group) + position * ofAxis(plan, axis, field.axisDilation);
}

/** Start (`edge` 0) or end (1) of a token's window. */
@inline
export function windowEdge(plan: usize, frame: usize, axis: i32, position: i32, edge: i32): i32 {
  return get(plan, ofAxis(plan, axis, field.axisWindows) + 2 * tokenOf(plan, frame, axis, position) + edge);
}

/** Splits `item` into batch entry, head and a tile per axis, the last axis fastest, and finds the tile's box. */
export function openItem(plan: usize, frame: usize, item: i32): void {
  for (let axis = 2; axis >= 0; axis--) {
    const count = ofAxis(plan, axis, field.axisTileCount);
    const tile = ofAxis(plan, axis, field.axisTiles) + 3 * (item % count);
    item /= count;
    const first = get(plan, tile + 1), last = get(plan, tile + 2);
    setAlong(frame, axis, here.group, get(plan, tile));
    setAlong(frame, axis, here.first, first);
    setAlong(frame, axis, here.last, last);
    setAlong(frame, axis, here.boxStart, windowEdge(plan, frame, axis, first, 0));
    setAlong(frame, axis, here.boxEnd, windowEdge(plan, frame, axis, last, 1));
  }
  const heads = get(plan, field.heads), batch = item / heads, head = item % heads;
  set(frame, here.batch, batch);
  set(frame, here.head, head);
  for (let operand = 0; operand < 4; operand++) {
    const strides = field.strides + 5 * operand;
    const at = getAddress(frame, here.operands + operand) + batch * get(plan, strides) + head * get(plan, strides + 4);
    setAddress(frame, here.operandsHere + operand, at);
  }
}

/** The index of a token in a contiguous [B, X, Y, Z, N] tensor, for this item's batch entry and head. */
export function indexOf(plan: usize, frame: usize, p0: i32, p1: i32, p2: i32): usize {
  let index = get(frame, here.batch) * ofAxis(plan, 0, field.axisLength) + tokenOf(plan, frame, 0, p0);
  index = index * ofAxis(plan, 1, field.axisLength) + tokenOf(plan, frame, 1, p1);
  index = index * ofAxis(plan, 2, field.axisLength) + tokenOf(plan, frame, 2, p2);
  return <usize>(index * get(plan, field.heads) + get(frame, here.head));
}

/** How much that index grows from one position of the last axis to the next. */
@inline
export function indexStep(plan: usize): usize {
  return ofAxis(plan, 2, field.axisDilation) * get(plan, field.heads);
}

/** The address of an operand's row. */
function addressOf(plan: usize, frame: usize, operand: i32, p0: i32, p1: i32, p2: i32): usize {
  const strides = field.strides + 5 * operand;
  let at = getAddress(frame, here.operandsHere + operand);
  at += tokenOf(plan, frame, 0, p0) * get(plan, strides + 1);
  at += tokenOf(plan, frame, 1, p1) * get(plan, strides + 2);
  return at + tokenOf(plan, frame, 2, p2) * get(plan, strides + 3);
}

/** How much that address grows from one position of the last axis to the next. */
@inline
function addressStep(plan: usize, operand: i32): usize {
  return get(plan, field.strides + 5 * operand + 3) * ofAxis(plan, 2, field.axisDilation);
}

/** Makes the owners' records: operands, sums of 0, and (−∞, 0) or (logsumexp, delta). */
export function packTile(plan: usize, scratch: usize): void {
  let record = scratch + get(plan, field.tile);
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      record = packOwners(plan, scratch, p0, p1, record);
    }
  }
}

/** One line of records; returns where the next begins. */
function packOwners(plan: usize, scratch: usize, p0: i32, p1: i32, record: usize): usize {
  const mode = get(scratch, here.mode), factor = getFloat(scratch, here.ownerFactor);
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue), second = get(plan, field.ownerSecond);
  const sums = get(plan, field.ownerSum), stats = get(plan, field.ownerStats);
  const first = along(scratch, 2, here.first), last = along(scratch, 2, here.last);
  let row = addressOf(plan, scratch, field.ownerOperand, p0, p1, first);
  let secondRow = addressOf(plan, scratch, field.ownerOperand + 1, p0, p1, first);
  let index = indexOf(plan, scratch, p0, p1, first);
  for (let p2 = first; p2 <= last; p2++) {
    packRow(record, row, dim, factor);
    if (mode !== here.forwardMode) packRow(record + second, secondRow, dimValue, 1);
    for (let at = record + sums; at < record + stats; at += 16) v128.store(at, f32x4.splat(0));
    store<f32>(record + stats, -Infinity);
    store<f32>(record + stats, 0, 4);
    if (mode === here.backwardQueryMode) packStats(scratch, record + stats, index);
    row += addressStep(plan, field.ownerOperand);
    secondRow += addressStep(plan, field.ownerOperand + 1);
    index += indexStep(plan);
    record += get(plan, field.ownerBytes);
  }
  return record;
}

/** logsumexp, in base 2 as the scores are, and delta. */
@inline
function packStats(frame: usize, target: usize, index: usize): void {
  store<f32>(target, load<f32>(getAddress(frame, here.logsumexp) + (index << 2)) * log2e);
  store<f32>(target, load<f32>(getAddress(frame, here.delta) + (index << 2)), 4);
}

/** Copies the chunk's rows. */
export function packBox(plan: usize, scratch: usize): void {
  let slab = scratch + get(plan, field.box);
  for (let p0 = along(scratch, 0, here.chunkStart); p0 < along(scratch, 0, here.chunkEnd); p0++) {
    let line = slab;
    for (let p1 = along(scratch, 1, here.chunkStart); p1 < along(scratch, 1, here.chunkEnd); p1++) {
      packLine(plan, scratch, p0, p1, line);
      line += get(plan, field.lineBytes);
    }
    slab += get(plan, field.slabBytes);
  }
}

function packLine(plan: usize, scratch: usize, p0: i32, p1: i32, target: usize): void {
  const mode = get(scratch, here.mode), factor = getFloat(scratch, here.boxFactor);
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue);
  const second = get(plan, field.boxSecond), stats = get(plan, field.boxStats);
  const start = along(scratch, 2, here.chunkStart), end = along(scratch, 2, here.chunkEnd);
  let row = addressOf(plan, scratch, field.boxOperand, p0, p1, start);
  let secondRow = addressOf(plan, scratch, field.boxOperand + 1, p0, p1, start);
  let index = indexOf(plan, scratch, p0, p1, start);
  for (let p2 = start; p2 < end; p2++) {
    packRow(target, row, dim, factor);
    packRow(target + second, secondRow, dimValue, 1);
    if (mode === here.backwardKeyMode) packStats(scratch, target + stats, index);
    row += addressStep(plan, field.boxOperand);
    secondRow += addressStep(plan, field.boxOperand + 1);
    index += indexStep(plan);
    target += get(plan, field.boxBytes);
  }
}

/** Lists where the rows of a window of `slabs` × `lines` × any columns lie, column by column, relative to its first. */
export function listRows(plan: usize, scratch: usize, slabs: i32, lines: i32): void {
  if (get(scratch, here.listSlabs) === slabs && get(scratch, here.listLines) === lines) return;
  set(scratch, here.listSlabs, slabs);
  set(scratch, here.listLines, lines);
  let entry = scratch + get(plan, field.list);
  for (let column = 0; column < get(plan, field.columns); column++) {
    for (let slab = 0; slab < slabs; slab++) {
      let at = column * get(plan, field.boxBytes) + slab * get(plan, field.slabBytes);
      for (let line = 0; line < lines; line++) {
        store<i32>(entry, at);
        at += get(plan, field.lineBytes);
        entry += 4;
      }
    }
  }
  // Rows are read four at a time; what is read past the end is not used.
  for (let extra = 0; extra < 3; extra++) store<i32>(entry + (<usize>extra << 2), 0);
}
