/**
 * Fused neighborhood attention, forward and backward, on one to three axes.
 *
 * Legend: B batch, X Y Z token axes (leading ones of length 1 where there are fewer), N heads, D head dim.
 *   q k v o dO dQ dK dV [B, X, Y, Z, N, D]: q k v dO may have any strides but 1 along D, the others are contiguous;
 *   logsumexp delta [B, X, Y, Z, N], contiguous; plan and its words: see plan.as.ts.
 * Who computes what: an item is one tile of queries (output or dQ) or of keys (dK and dV). No other writes the same.
 * Memory: per thread the tile's records, one chunk of the box, and the scores of two owners.
 * Order of summation: over an owner's rows column by column (the last axis slowest), chunk after chunk, within rows as
 *   rows.as.ts says. The cut into tiles does not change it, the cut into chunks follows from the shape.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { log1, madd, sum4 } from '../runtime/cpu/simd.as';
import { indexOf, indexStep, listRows, openItem, packBox, packTile, windowEdge } from './box.as';
import { along, get, getAddress, getFloat, ofAxis, set, setAddress, setAlong, setFloat } from './frame.as';
import { backwardKeyPair, backwardQueryPair, forwardPair } from './pairs.as';
import { unpackRow } from './rows.as';

const log2e: f32 = 1.4426950408889634;
const ln2: f32 = 0.6931471805599453;

/** O = Σ p v with p = softmax(scale · q · k) over each query's window, and logsumexp = ln Σ exp(scale · q · k). */
export function neighborhoodForward(
  plan: usize, query: usize, key: usize, value: usize, output: usize, logsumexp: usize, scale: f32,
  begin: i32, end: i32, scratch: usize,
): void {
  openFrame(scratch, here.forwardMode, query, query, key, value);
  openResults(scratch, output, 0, logsumexp, 0);
  setFloat(scratch, here.ownerFactor, scale * log2e);
  walk(plan, scratch, begin, end);
}

/** dQ = scale · Σ p (dO · v − delta) k over each query's window. */
export function neighborhoodBackwardQuery(
  plan: usize, query: usize, gradOutput: usize, key: usize, value: usize, logsumexp: usize, delta: usize,
  gradQuery: usize, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  openFrame(scratch, here.backwardQueryMode, query, gradOutput, key, value);
  openResults(scratch, gradQuery, 0, logsumexp, delta);
  setFloat(scratch, here.ownerFactor, scale * log2e);
  setFloat(scratch, here.resultFactor, scale);
  walk(plan, scratch, begin, end);
}

/** dV = Σ p dO and dK = Σ p (dO · v − delta) · scale · q over the queries that see each key. */
export function neighborhoodBackwardKey(
  plan: usize, key: usize, value: usize, query: usize, gradOutput: usize, logsumexp: usize, delta: usize,
  gradKey: usize, gradValue: usize, scale: f32, begin: i32, end: i32, scratch: usize,
): void {
  openFrame(scratch, here.backwardKeyMode, key, value, query, gradOutput);
  openResults(scratch, gradKey, gradValue, logsumexp, delta);
  // The packed queries carry scale · log₂ e, so that of their sum ln 2 is to be taken.
  setFloat(scratch, here.boxFactor, scale * log2e);
  setFloat(scratch, here.resultFactor, ln2);
  walk(plan, scratch, begin, end);
}

function openFrame(frame: usize, mode: i32, owner: usize, ownerSecond: usize, box: usize, boxSecond: usize): void {
  set(frame, here.mode, mode);
  setAddress(frame, here.operands, owner);
  setAddress(frame, here.operands + 1, ownerSecond);
  setAddress(frame, here.operands + 2, box);
  setAddress(frame, here.operands + 3, boxSecond);
  setFloat(frame, here.ownerFactor, 1);
  setFloat(frame, here.boxFactor, 1);
  setFloat(frame, here.resultFactor, 1);
  set(frame, here.listSlabs, 0);
}

function openResults(frame: usize, result: usize, secondResult: usize, logsumexp: usize, delta: usize): void {
  setAddress(frame, here.result, result);
  setAddress(frame, here.secondResult, secondResult);
  setAddress(frame, here.logsumexp, logsumexp);
  setAddress(frame, here.delta, delta);
}

/** Items [begin, end): pack the tile, stream its box through scratch chunk by chunk, write the results. */
function walk(plan: usize, scratch: usize, begin: i32, end: i32): void {
  for (let item = begin; item < end; item++) {
    openItem(plan, scratch, item);
    packTile(plan, scratch);
    openChunk(plan, scratch, 0, along(scratch, 0, here.boxStart));
    do {
      openChunk(plan, scratch, 1, along(scratch, 1, here.boxStart));
      do {
        openChunk(plan, scratch, 2, along(scratch, 2, here.boxStart));
        do {
          packBox(plan, scratch);
          seeChunk(plan, scratch);
        } while (nextChunk(plan, scratch, 2));
      } while (nextChunk(plan, scratch, 1));
    } while (nextChunk(plan, scratch, 0));
    closeTile(plan, scratch);
  }
}

function openChunk(plan: usize, frame: usize, axis: i32, start: i32): void {
  setAlong(frame, axis, here.chunkStart, start);
  const end = start + ofAxis(plan, axis, field.axisChunk);
  setAlong(frame, axis, here.chunkEnd, min(end, along(frame, axis, here.boxEnd)));
}

function nextChunk(plan: usize, frame: usize, axis: i32): bool {
  const start = along(frame, axis, here.chunkEnd);
  if (start === along(frame, axis, here.boxEnd)) return false;
  openChunk(plan, frame, axis, start);
  return true;
}

/** Start (`edge` 0) or end (1) of the part of a window that lies in the chunk, relative to the chunk. */
@inline
function edgeInChunk(plan: usize, frame: usize, axis: i32, position: i32, edge: i32): i32 {
  const start = along(frame, axis, here.chunkStart);
  return min(max(windowEdge(plan, frame, axis, position, edge), start), along(frame, axis, here.chunkEnd)) - start;
}

/** Lets each line of owners see the chunk. */
function seeChunk(plan: usize, scratch: usize): void {
  const owners = along(scratch, 2, here.last) - along(scratch, 2, here.first) + 1;
  let records = scratch + get(plan, field.tile);
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    const slab = edgeInChunk(plan, scratch, 0, p0, 0), slabs = edgeInChunk(plan, scratch, 0, p0, 1) - slab;
    const atSlab = scratch + get(plan, field.box) + slab * get(plan, field.slabBytes);
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      const line = edgeInChunk(plan, scratch, 1, p1, 0), lines = edgeInChunk(plan, scratch, 1, p1, 1) - line;
      if (slabs > 0 && lines > 0) {
        listRows(plan, scratch, slabs, lines);
        seeColumns(plan, scratch, records, atSlab + line * get(plan, field.lineBytes), slabs * lines);
      }
      records += owners * get(plan, field.ownerBytes);
    }
  }
}

/** Lets a line of owners, two at a time, see the columns of the chunk. The window's first row is in `line`. */
function seeColumns(plan: usize, scratch: usize, records: usize, line: usize, rowsPerColumn: i32): void {
  const bytes = get(plan, field.ownerBytes), mode = get(scratch, here.mode), last = along(scratch, 2, here.last);
  const scores = scratch + get(plan, field.scores), list = scratch + get(plan, field.list);
  for (let p = along(scratch, 2, here.first); p <= last; p += 2) {
    const isPair = p < last, next = isPair ? records + bytes : scratch + get(plan, field.spare);
    const start0 = edgeInChunk(plan, scratch, 2, p, 0), end0 = edgeInChunk(plan, scratch, 2, p, 1);
    const start1 = isPair ? edgeInChunk(plan, scratch, 2, p + 1, 0) : end0;
    const end1 = isPair ? edgeInChunk(plan, scratch, 2, p + 1, 1) : end0;
    const n0 = (end0 - start0) * rowsPerColumn, b1 = (start1 - start0) * rowsPerColumn;
    const n = (end1 - start0) * rowsPerColumn, box = line + start0 * get(plan, field.boxBytes);
    if (mode === here.forwardMode) forwardPair(plan, scores, records, next, box, list, n0, b1, n);
    else if (mode === here.backwardQueryMode) backwardQueryPair(plan, scores, records, next, box, list, n0, b1, n);
    else backwardKeyPair(plan, scores, records, next, box, list, n0, b1, n);
    records += 2 * bytes;
  }
}

/** Writes the tile's results. */
function closeTile(plan: usize, scratch: usize): void {
  const first = along(scratch, 2, here.first), last = along(scratch, 2, here.last);
  const isForward = get(scratch, here.mode) === here.forwardMode;
  let record = scratch + get(plan, field.tile);
  for (let p0 = along(scratch, 0, here.first); p0 <= along(scratch, 0, here.last); p0++) {
    for (let p1 = along(scratch, 1, here.first); p1 <= along(scratch, 1, here.last); p1++) {
      let index = indexOf(plan, scratch, p0, p1, first);
      for (let p2 = first; p2 <= last; p2++) {
        if (isForward) writeOutput(plan, scratch, record, index);
        else writeGradients(plan, scratch, record, index);
        record += get(plan, field.ownerBytes);
        index += indexStep(plan);
      }
    }
  }
}

@inline
function writeOutput(plan: usize, frame: usize, record: usize, index: usize): void {
  const dim = get(plan, field.dimValue), stats = record + get(plan, field.ownerStats), total = load<f32>(stats, 4);
  unpackRow(getAddress(frame, here.result) + ((index * dim) << 2), record + get(plan, field.ownerSum), dim, 1 / total);
  store<f32>(getAddress(frame, here.logsumexp) + (index << 2), load<f32>(stats) * ln2 + log1(total));
}

@inline
function writeGradients(plan: usize, frame: usize, record: usize, index: usize): void {
  const dim = get(plan, field.dim), factor = getFloat(frame, here.resultFactor);
  unpackRow(getAddress(frame, here.result) + ((index * dim) << 2), record + get(plan, field.ownerSum), dim, factor);
  if (get(frame, here.mode) !== here.backwardKeyMode) return;
  const dimValue = get(plan, field.dimValue), target = getAddress(frame, here.secondResult) + ((index * dimValue) << 2);
  unpackRow(target, record + get(plan, field.ownerSecondSum), dimValue, 1);
}

/** delta = Σ_d dO · O − dLogsumexp; dO, O [rows, dim], `gradLogsumexp` [rows] or address 0. An item is a row. */
export function neighborhoodDelta(
  gradOutput: usize, output: usize, gradLogsumexp: usize, delta: usize, dim: i32, begin: i32, end: i32,
): void {
  const bytes = <usize>dim << 2, whole = <usize>(dim & ~3) << 2;
  for (let row = <usize>begin; row < <usize>end; row++) {
    const x = gradOutput + row * bytes, y = output + row * bytes;
    let lanes = f32x4.splat(0), d: usize = 0;
    for (; d < whole; d += 16) lanes = madd(v128.load(x + d), v128.load(y + d), lanes);
    let total = sum4(lanes);
    for (; d < bytes; d += 4) total += load<f32>(x + d) * load<f32>(y + d);
    if (gradLogsumexp) total -= load<f32>(gradLogsumexp + (row << 2));
    store<f32>(delta + (row << 2), total);
  }
}
