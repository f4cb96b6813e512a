/**
 * Attention to neighbours on one to three axes, fused forward and backward, and its unfused parts. Plain attention of
 * every query to every key is the case of one axis whose windows are everything.
 *
 * Legend: B batch, X Y Z token axes (leading ones of length 1 where there are fewer), N heads, D head dim.
 *   Operands: rows of D numbers without gaps, any other strides; logsumexp delta [B, X, Y, Z, N], contiguous; the plan
 *   has their addresses, and all that a launch must know: see plan.as.ts.
 * Who computes what: an item is a slice of one head's tiles of queries (output O = Σ p v with p = softmax(s),
 *   s = scale · q · k + bias, and logsumexp = ln Σ exp s; dQ = scale · Σ dS k with dS = p (dO · v − delta)) or of keys
 *   (dK = scale · Σ dS q and dV = Σ p dO over the queries that see a key), or of queries with sums of dK and dV for
 *   each tile's box, which boxSums.as.ts adds. No other item writes the same.
 * Memory: per thread the tile's records, one chunk of the box, and a few numbers per row for two owners.
 * Order of summation: over an owner's rows column by column (the last axis slowest), chunk after chunk, then additional
 *   tokens; within rows as rows.as.ts says. Tiles do not change it; chunks do, and splits. The gradients of biases are
 *   summed tile after tile, and by slices of the tiles.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { addBiasGrads, biasAlong, copyBiases } from './biases.as';
import { listRows, numberOf, openBox, openUnit, packAdditional, packBox, packTile, windowEdge } from './box.as';
import { along, get, getAddress, ofAxis, set, setAddress, setAlong } from './frame.as';
import { closeBox } from './boxSums.as';
import { fillKeeps } from './keeps.as';
import { seePair } from './pairs.as';
import { closeTile, maskTile } from './results.as';
import { moveSlots, ownerPlace } from './slots.as';

/** Items [begin, end) of the plan. */
export function attendNeighbors(plan: usize, begin: i32, end: i32, scratch: usize): void {
  const heads = get(plan, field.ownerHeads), visits = max(1, get(plan, field.boxHeads) / heads);
  const units = <u64>get(plan, field.units), slices = get(plan, field.slices), splits = get(plan, field.splits);
  set(scratch, here.listLines, -1);
  for (let item = begin; item < end; item++) {
    const rest = item / splits, slice = rest / heads;
    set(scratch, here.head, rest % heads);
    openSplit(plan, scratch, item % splits);
    if (get(plan, field.gradBias)) openGradBias(plan, scratch, slice * splits + item % splits);
    const last = <i32>(units * (slice + 1) / slices);
    for (let unit = <i32>(units * slice / slices); unit < last; unit++) {
      openUnit(plan, scratch, unit);
      packTile(plan, scratch);
      if (get(plan, field.hasMasked)) maskTile(plan, scratch);
      for (let visit = 0; visit < visits; visit++) {
        openBox(plan, scratch, visit);
        walkBox(plan, scratch);
      }
      if (get(plan, field.additional) && isFirstSplit(scratch)) seeAdditional(plan, scratch);
      closeTile(plan, scratch);
    }
  }
}

/** Which chunks along each axis this split takes: those whose number leaves the remainder `axisSplit`. */
function openSplit(plan: usize, frame: usize, split: i32): void {
  set(frame, here.split, split);
  split += get(plan, field.firstSplit);
  for (let axis = 2; axis >= 0; axis--) {
    const count = ofAxis(plan, axis, field.axisSplits);
    setAlong(frame, axis, here.axisSplit, split % count);
    split /= count;
  }
}

@inline
function isFirstSplit(frame: usize): bool {
  return (along(frame, 0, here.axisSplit) | along(frame, 1, here.axisSplit) | along(frame, 2, here.axisSplit)) === 0;
}

/** Clears the sums of this item's head. */
function openGradBias(plan: usize, frame: usize, part: i32): void {
  const bytes = <usize>get(plan, field.biasBytes);
  const index = part * get(plan, field.ownerHeads) + get(frame, here.head);
  const at = getAddress(plan, field.gradBias) + <usize>index * bytes;
  setAddress(frame, here.gradBias, at);
  memory.fill(at, 0, bytes);
}

/** Streams the split's part of the box through scratch chunk by chunk. */
function walkBox(plan: usize, scratch: usize): void {
  for (let more0 = firstChunk(plan, scratch, 0); more0; more0 = nextChunk(plan, scratch, 0)) {
    for (let more1 = firstChunk(plan, scratch, 1); more1; more1 = nextChunk(plan, scratch, 1)) {
      for (let more2 = firstChunk(plan, scratch, 2); more2; more2 = nextChunk(plan, scratch, 2)) {
        if (get(plan, field.boxOperands)) packBox(plan, scratch);
        seeChunk(plan, scratch);
        if (get(plan, field.partRowBytes)) closeBox(plan, scratch);
      }
    }
  }
}

function firstChunk(plan: usize, frame: usize, axis: i32): bool {
  const before = along(frame, axis, here.axisSplit) * ofAxis(plan, axis, field.axisChunk);
  return openChunk(plan, frame, axis, along(frame, axis, here.boxStart) + before);
}

function nextChunk(plan: usize, frame: usize, axis: i32): bool {
  const step = ofAxis(plan, axis, field.axisSplits) * ofAxis(plan, axis, field.axisChunk);
  return openChunk(plan, frame, axis, along(frame, axis, here.chunkStart) + step);
}

function openChunk(plan: usize, frame: usize, axis: i32, start: i32): bool {
  const boxEnd = along(frame, axis, here.boxEnd);
  setAlong(frame, axis, here.chunkStart, start);
  setAlong(frame, axis, here.chunkEnd, min(start + ofAxis(plan, axis, field.axisChunk), boxEnd));
  return start < boxEnd;
}

/** Start (`edge` 0) or end (1) of the part of a window that lies in the chunk. */
@inline
function edgeInChunk(plan: usize, frame: usize, axis: i32, position: i32, edge: i32): i32 {
  const edgeHere = windowEdge(plan, frame, axis, position, edge);
  return min(max(edgeHere, along(frame, axis, here.chunkStart)), along(frame, axis, here.chunkEnd));
}

/** Lets each line of owners see the chunk. */
function seeChunk(plan: usize, scratch: usize): void {
  const owners = along(scratch, 2, here.last) - along(scratch, 2, here.first) + 1;
  let records = scratch + get(plan, field.tile);
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    const b0 = edgeInChunk(plan, scratch, 0, p0, 0), slabs = edgeInChunk(plan, scratch, 0, p0, 1) - b0;
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      const b1 = edgeInChunk(plan, scratch, 1, p1, 0), lines = edgeInChunk(plan, scratch, 1, p1, 1) - b1;
      if (slabs > 0 && lines > 0) {
        listRows(plan, scratch, slabs, lines);
        seeColumns(plan, scratch, records, p0, p1, b0, b1, slabs, lines);
      }
      records += owners * get(plan, field.ownerBytes);
    }
  }
}

/** Lets a line of owners, two at a time, see the chunk's columns. Their windows' slabs and lines begin at b0 and b1. */
function seeColumns(
  plan: usize, scratch: usize, records: usize, p0: i32, p1: i32, b0: i32, b1: i32, slabs: i32, lines: i32,
): void {
  const bytes = get(plan, field.ownerBytes), last = along(scratch, 2, here.last), rows = slabs * lines;
  const slab = (b0 - along(scratch, 0, here.chunkStart)) * get(plan, field.slabBytes);
  const line = (b1 - along(scratch, 1, here.chunkStart)) * get(plan, field.lineBytes);
  const box = scratch + get(plan, field.box) + slab + line, start = along(scratch, 2, here.chunkStart);
  const isPrepared = (get(scratch, here.hasBias) | get(plan, field.hasDropout) | get(plan, field.attn)) !== 0;
  for (let p = along(scratch, 2, here.first); p <= last; p += 2) {
    const isPair = p < last, next = isPair ? records + bytes : scratch + get(plan, field.spare);
    const start0 = edgeInChunk(plan, scratch, 2, p, 0), end0 = edgeInChunk(plan, scratch, 2, p, 1);
    const start1 = isPair ? edgeInChunk(plan, scratch, 2, p + 1, 0) : end0;
    const end1 = isPair ? edgeInChunk(plan, scratch, 2, p + 1, 1) : end0;
    const n0 = (end0 - start0) * rows, from1 = (start1 - start0) * rows, n = (end1 - start0) * rows;
    if (isPrepared) prepare(plan, scratch, 0, 0, p0, p1, p, b0, b1, start0, slabs, lines, end0 - start0);
    if (isPrepared && isPair) {
      prepare(plan, scratch, 1, from1, p0, p1, p + 1, b0, b1, start1, slabs, lines, end1 - start1);
    }
    const at = box + (start0 - start) * get(plan, field.boxBytes);
    seePair(plan, scratch, records, next, at, n0, from1, n);
    if (isPrepared) {
      conclude(plan, scratch, 0, 0, p0, p1, p, b0, b1, start0, slabs, lines, end0 - start0);
      if (isPair) conclude(plan, scratch, 1, from1, p0, p1, p + 1, b0, b1, start1, slabs, lines, end1 - start1);
    }
    records += 2 * bytes;
  }
}

/** Where array `which` of the two owners' at `place` has its number for row `row`. */
@inline
function arrayAt(plan: usize, scratch: usize, place: i32, which: i32, row: i32): usize {
  return scratch + get(plan, place) + which * get(plan, field.scoreBytes) + (<usize>row << 2);
}

/** Before one of two owners sees its rows, from number `from` of the list on: biases, keeps, or weights in memory. */
function prepare(
  plan: usize, scratch: usize, which: i32, from: i32, p0: i32, p1: i32, p2: i32,
  b0: i32, b1: i32, b2: i32, slabs: i32, lines: i32, columns: i32,
): void {
  if (get(scratch, here.hasBias)) {
    const bias = getAddress(scratch, here.bias) + biasOf(plan, p0, p1, p2, b0, b1, b2);
    copyBiases(plan, arrayAt(plan, scratch, field.biases, which, from), bias, slabs, lines, columns);
  }
  if (get(plan, field.hasDropout)) {
    const owner = numberOf(plan, scratch, field.axisLength, p0, p1, p2);
    const row = numberOf(plan, scratch, field.axisBoxLength, b0, b1, b2);
    const keeps = arrayAt(plan, scratch, field.keeps, which, from), list = scratch + get(plan, field.list);
    fillKeeps(plan, scratch, keeps, list, slabs * lines * columns, owner, row);
  }
  const mode = get(plan, field.mode);
  if (mode === field.sumMode || mode === field.spreadMode) {
    const place = ownerPlace(plan, scratch, p0, p1, p2), scores = arrayAt(plan, scratch, field.scores, which, from);
    moveSlots(plan, scratch, scores, place, b0, b1, b2, slabs, lines, columns);
  }
}

/** After one of two owners saw its rows: gradients of biases, or weights to memory. */
function conclude(
  plan: usize, scratch: usize, which: i32, from: i32, p0: i32, p1: i32, p2: i32,
  b0: i32, b1: i32, b2: i32, slabs: i32, lines: i32, columns: i32,
): void {
  if (get(plan, field.gradBias)) {
    const gradBias = getAddress(scratch, here.gradBias) + biasOf(plan, p0, p1, p2, b0, b1, b2);
    addBiasGrads(plan, arrayAt(plan, scratch, field.scores, which + 2, from), gradBias, slabs, lines, columns);
  }
  if (get(plan, field.mode) === field.dotsMode) {
    const place = ownerPlace(plan, scratch, p0, p1, p2), scores = arrayAt(plan, scratch, field.scores, which, from);
    moveSlots(plan, scratch, scores, place, b0, b1, b2, slabs, lines, columns);
  }
}

@inline
function biasOf(plan: usize, p0: i32, p1: i32, p2: i32, b0: i32, b1: i32, b2: i32): usize {
  return <usize>(biasAlong(plan, 0, p0, b0) + biasAlong(plan, 1, p1, b1) + biasAlong(plan, 2, p2, b2));
}

/** Lets all owners see the additional tokens, a chunk at a time, two owners at a time. */
function seeAdditional(plan: usize, scratch: usize): void {
  const total = get(plan, field.additional), chunk = get(plan, field.additionalChunk);
  const bytes = get(plan, field.ownerBytes);
  const box = scratch + get(plan, field.box), list = scratch + get(plan, field.list);
  set(scratch, here.hasBias, 0);
  listRows(plan, scratch, 0, 1);
  for (let start = 0; start < total; start += chunk) {
    const count = min(chunk, total - start), key = get(plan, field.tokens) + start;
    packAdditional(plan, scratch, start, count);
    let record = scratch + get(plan, field.tile);
    for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
      for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
        const last = along(scratch, 2, here.last);
        for (let p2 = along(scratch, 2, here.first); p2 <= last; p2 += 2) {
          const isPair = p2 < last, next = isPair ? record + bytes : scratch + get(plan, field.spare);
          const owners = isPair ? 2 : 1, keepers = get(plan, field.hasDropout) ? owners : 0;
          for (let which = 0; which < keepers; which++) {
            const owner = numberOf(plan, scratch, field.axisLength, p0, p1, p2 + which);
            fillKeeps(plan, scratch, arrayAt(plan, scratch, field.keeps, which, 0), list, count, owner, key);
          }
          seePair(plan, scratch, record, next, box, count, isPair ? 0 : count, count);
          record += owners * bytes;
        }
      }
    }
  }
}
