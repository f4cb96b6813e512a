/** Finds an item's tile and box, and copies their rows from the operands, which may have any strides, to scratch. */

import * as here from './frame.as';
import * as field from './plan.as';
import { along, get, getAddress, getFloat, ofAxis, set, setAddress, setAlong, tokenOf } from './frame.as';
import { packRow } from './rows.as';

const log2e: f32 = 1.4426950408889634;

/** Start (`edge` 0) or end (1) of a token's window. */
@inline
export function windowEdge(plan: usize, frame: usize, axis: i32, position: i32, edge: i32): i32 {
  return get(plan, ofAxis(plan, axis, field.axisWindows) + 2 * tokenOf(plan, frame, axis, position) + edge);
}

/** Splits `unit` into batch entry and a tile per axis, the last axis fastest, and finds the tile's box. */
export function openUnit(plan: usize, frame: usize, unit: i32): void {
  let rest = unit;
  for (let axis = 2; axis >= 0; axis--) {
    const count = ofAxis(plan, axis, field.axisTileCount);
    const tile = ofAxis(plan, axis, field.axisTiles) + 3 * (rest % count);
    rest /= count;
    const first = get(plan, tile + 1), last = get(plan, tile + 2);
    setAlong(frame, axis, here.group, get(plan, tile));
    setAlong(frame, axis, here.first, first);
    setAlong(frame, axis, here.last, last);
    setAlong(frame, axis, here.boxStart, windowEdge(plan, frame, axis, first, 0));
    setAlong(frame, axis, here.boxEnd, windowEdge(plan, frame, axis, last, 1));
  }
  set(frame, here.batch, rest);
  const head = get(frame, here.head);
  for (let i = 0; i < 2; i++) {
    openOperand(plan, frame, field.ownerOperand + i, head);
    openOperand(plan, frame, field.resultOperand + i, head);
  }
  const part = <usize>(unit * get(plan, field.ownerHeads) + head) * <usize>get(plan, field.partBytes);
  setAddress(frame, here.part, getAddress(plan, field.parts) + part);
  const behind = <usize>get(frame, here.split) * <usize>get(plan, field.splitBytes);
  const result = here.operands + field.resultOperand;
  setAddress(frame, result, getAddress(frame, result) + behind);
}

/** Turns to the `visit`-th of the box's heads that belong to the owners' head. */
export function openBox(plan: usize, frame: usize, visit: i32): void {
  const head = get(frame, here.head), mode = get(plan, field.mode);
  const boxHead = head * get(plan, field.boxHeads) / get(plan, field.ownerHeads) + visit;
  const isByKey = mode === field.backwardKeyMode || mode === field.spreadMode;
  const queryHead = isByKey ? boxHead : head;
  set(frame, here.boxHead, boxHead);
  set(frame, here.queryHead, queryHead);
  for (let i = 0; i < 4; i++) openOperand(plan, frame, field.boxOperand + i, boxHead);
  const bias = getAddress(plan, field.bias);
  setAddress(frame, here.bias, bias + <usize>queryHead * <usize>get(plan, field.biasBytes));
  set(frame, here.hasBias, bias !== 0 ? 1 : 0);
}

function openOperand(plan: usize, frame: usize, operand: i32, head: i32): void {
  const from = field.operands + 6 * operand;
  const at = getAddress(plan, from) + get(frame, here.batch) * get(plan, from + 1) + head * get(plan, from + 5);
  setAddress(frame, here.operands + operand, at);
}

/** The address of an operand's row. */
export function addressOf(plan: usize, frame: usize, operand: i32, p0: i32, p1: i32, p2: i32): usize {
  const strides = field.operands + 6 * operand + 2;
  let at = getAddress(frame, here.operands + operand);
  at += tokenOf(plan, frame, 0, p0) * get(plan, strides);
  at += tokenOf(plan, frame, 1, p1) * get(plan, strides + 1);
  return at + tokenOf(plan, frame, 2, p2) * get(plan, strides + 2);
}

/** How much that address grows from one position of the last axis to the next. */
@inline
export function addressStep(plan: usize, operand: i32): usize {
  return get(plan, field.operands + 6 * operand + 4) * ofAxis(plan, 2, field.axisDilation);
}

/** The number of a token of the owners (`length` is axisLength) or of the box (axisBoxLength), row-major. */
export function numberOf(plan: usize, frame: usize, length: i32, p0: i32, p1: i32, p2: i32): i32 {
  let number = tokenOf(plan, frame, 0, p0) * ofAxis(plan, 1, length) + tokenOf(plan, frame, 1, p1);
  return number * ofAxis(plan, 2, length) + tokenOf(plan, frame, 2, p2);
}

/** The index of a token in a contiguous [B, X, Y, Z, N] tensor of owners or of the box. */
export function indexOf(plan: usize, frame: usize, length: i32, p0: i32, p1: i32, p2: i32): usize {
  const isOwner = length === field.axisLength;
  const heads = get(plan, isOwner ? field.ownerHeads : field.boxHeads);
  const tokens = ofAxis(plan, 0, length) * ofAxis(plan, 1, length) * ofAxis(plan, 2, length);
  const number = get(frame, here.batch) * tokens + numberOf(plan, frame, length, p0, p1, p2);
  return <usize>(number * heads + get(frame, isOwner ? here.head : here.boxHead));
}

/** How much that index grows from one position of the last axis to the next. */
@inline
export function indexStep(plan: usize, length: i32): usize {
  const heads = get(plan, length === field.axisLength ? field.ownerHeads : field.boxHeads);
  return ofAxis(plan, 2, field.axisDilation) * heads;
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
  const operands = get(plan, field.ownerOperands), factor = getFloat(plan, field.ownerFactor);
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue), second = get(plan, field.ownerSecond);
  const sums = get(plan, field.ownerSum), stats = get(plan, field.ownerStats), bytes = get(plan, field.ownerBytes);
  const first = along(scratch, 2, here.first), last = along(scratch, 2, here.last);
  const mode = get(plan, field.mode), hasStats = mode === field.backwardQueryMode || mode === field.backwardMode;
  let row = addressOf(plan, scratch, field.ownerOperand, p0, p1, first);
  let secondRow = addressOf(plan, scratch, field.ownerOperand + 1, p0, p1, first);
  let index = hasStats ? indexOf(plan, scratch, field.axisLength, p0, p1, first) : 0;
  for (let p2 = first; p2 <= last; p2++) {
    if (operands > 0) packRow(record, row, dim, factor);
    if (operands > 1) packRow(record + second, secondRow, dimValue, 1);
    for (let at = record + sums; at < record + stats; at += 16) v128.store(at, f32x4.splat(0));
    store<f32>(record + stats, -Infinity);
    store<f32>(record + stats, 0, 4);
    if (hasStats) packStats(plan, record + stats, index);
    row += addressStep(plan, field.ownerOperand);
    secondRow += addressStep(plan, field.ownerOperand + 1);
    index += indexStep(plan, field.axisLength);
    record += bytes;
  }
  return record;
}

/** logsumexp, in base 2 as the scores are, and delta. Where all scores are −∞ it becomes ∞: their weights are 0. */
@inline
function packStats(plan: usize, target: usize, index: usize): void {
  const logsumexp = load<f32>(getAddress(plan, field.logsumexp) + (index << 2));
  store<f32>(target, logsumexp === -Infinity ? Infinity : logsumexp * log2e);
  store<f32>(target, load<f32>(getAddress(plan, field.delta) + (index << 2)), 4);
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
  const start = along(scratch, 2, here.chunkStart), count = along(scratch, 2, here.chunkEnd) - start;
  const row = addressOf(plan, scratch, field.boxOperand, p0, p1, start);
  const second = addressOf(plan, scratch, field.boxOperand + 1, p0, p1, start);
  const step = addressStep(plan, field.boxOperand), secondStep = addressStep(plan, field.boxOperand + 1);
  packRows(plan, target, row, second, step, secondStep, count);
  if (get(plan, field.mode) !== field.backwardKeyMode) return;
  let index = indexOf(plan, scratch, field.axisBoxLength, p0, p1, start);
  for (let stats = target + get(plan, field.boxStats), i = 0; i < count; i++) {
    packStats(plan, stats, index);
    stats += get(plan, field.boxBytes);
    index += indexStep(plan, field.axisBoxLength);
  }
}

/** `count` rows of the box, one after another. */
function packRows(
  plan: usize, target: usize, row: usize, secondRow: usize, step: usize, secondStep: usize, count: i32,
): void {
  const dim = get(plan, field.dim), dimValue = get(plan, field.dimValue), factor = getFloat(plan, field.boxFactor);
  const second = get(plan, field.boxSecond), bytes = get(plan, field.boxBytes);
  const hasSecond = get(plan, field.boxOperands) > 1;
  const sums = get(plan, field.boxStats), sumBytes = get(plan, field.partRowBytes);
  for (let i = 0; i < count; i++) {
    packRow(target, row, dim, factor);
    if (hasSecond) packRow(target + second, secondRow, dimValue, 1);
    for (let d = 0; d < sumBytes; d += 16) v128.store(target + sums + d, f32x4.splat(0));
    row += step;
    secondRow += secondStep;
    target += bytes;
  }
}

/** Copies additional tokens from number `start` on, as one line. */
export function packAdditional(plan: usize, scratch: usize, start: i32, count: i32): void {
  const first = field.additionalOperand, strides = field.operands + 6 * first + 4;
  const step = <usize>get(plan, strides), secondStep = <usize>get(plan, strides + 6);
  const row = getAddress(scratch, here.operands + first) + <usize>start * step;
  const second = getAddress(scratch, here.operands + first + 1) + <usize>start * secondStep;
  packRows(plan, scratch + get(plan, field.box), row, second, step, secondStep, count);
}

/**
 * Lists where the rows of a window of `slabs` × `lines` × any columns lie, column by column, relative to its first,
 * and how much larger their token numbers are. No slabs: one line of additional tokens.
 */
export function listRows(plan: usize, scratch: usize, slabs: i32, lines: i32): void {
  if (get(scratch, here.listSlabs) === slabs && get(scratch, here.listLines) === lines) return;
  set(scratch, here.listSlabs, slabs);
  set(scratch, here.listLines, lines);
  const isLine = slabs === 0, columns = get(plan, isLine ? field.additionalChunk : field.columns);
  const acrossLine = ofAxis(plan, 2, field.axisBoxLength);
  const columnStep = isLine ? 1 : ofAxis(plan, 2, field.axisDilation);
  const lineStep = acrossLine * ofAxis(plan, 1, field.axisDilation);
  const slabStep = acrossLine * ofAxis(plan, 1, field.axisBoxLength) * ofAxis(plan, 0, field.axisDilation);
  const toTokens = get(plan, field.tokenList) - get(plan, field.list);
  let entry = scratch + get(plan, field.list);
  for (let column = 0; column < columns; column++) {
    for (let slab = 0; slab < max(slabs, 1); slab++) {
      let at = column * get(plan, field.boxBytes) + slab * get(plan, field.slabBytes);
      let token = column * columnStep + slab * slabStep;
      for (let line = 0; line < lines; line++) {
        store<i32>(entry, at);
        store<i32>(entry + toTokens, token);
        at += get(plan, field.lineBytes);
        token += lineStep;
        entry += 4;
      }
    }
  }
  // Rows are read four at a time; what is read past the end is not used.
  for (let extra = 0; extra < 3; extra++) store<i32>(entry + (<usize>extra << 2), 0);
}
