/**
 * The sums of dK and dV that a tile of queries has for the keys of its box, and their sum over the tiles.
 *
 * Memory: `partBytes` for each unit and query head: of each row of the box dK and dV, each padded to whole vectors.
 * Order of summation: over the query heads of a key head, then over the tiles, the last axis fastest.
 */

import * as here from './frame.as';
import * as field from './plan.as';
import { along, get, getAddress, ofAxis } from './frame.as';
import { unpackRow } from './rows.as';

const ln2: f32 = 0.6931471805599453;

/** Writes the sums of the chunk's rows. The packed queries carry scale · log₂ e, of which ln 2 is to be taken. */
export function closeBox(plan: usize, scratch: usize): void {
  const dim = get(plan, field.dimBytes) >> 2, dimValue = get(plan, field.dimValueBytes) >> 2;
  const start0 = along(scratch, 0, here.boxStart), start1 = along(scratch, 1, here.boxStart);
  const start2 = along(scratch, 2, here.boxStart), rowBytes = get(plan, field.partRowBytes);
  const lines = along(scratch, 1, here.boxEnd) - start1, columns = along(scratch, 2, here.boxEnd) - start2;
  const first = along(scratch, 2, here.chunkStart), count = along(scratch, 2, here.chunkEnd) - first;
  let slab = scratch + get(plan, field.box) + get(plan, field.boxStats);
  for (let p0 = along(scratch, 0, here.chunkStart); p0 < along(scratch, 0, here.chunkEnd); p0++) {
    let line = slab;
    for (let p1 = along(scratch, 1, here.chunkStart); p1 < along(scratch, 1, here.chunkEnd); p1++) {
      const index = ((p0 - start0) * lines + p1 - start1) * columns + first - start2;
      let target = getAddress(scratch, here.part) + <usize>index * rowBytes, row = line;
      for (let i = 0; i < count; i++) {
        unpackRow(target, row, dim, ln2);
        unpackRow(target + (<usize>dim << 2), row + (<usize>dim << 2), dimValue, 1);
        target += rowBytes;
        row += get(plan, field.boxBytes);
      }
      line += get(plan, field.lineBytes);
    }
    slab += get(plan, field.slabBytes);
  }
}

/** gradKey [B, X, Y, Z, Nkv, D], gradValue [B, X, Y, Z, Nkv, Dv] from the sums. An item is a line along Z of a head. */
export function mergeBoxes(plan: usize, gradKey: usize, gradValue: usize, begin: i32, end: i32): void {
  const heads = get(plan, field.boxHeads), group = get(plan, field.ownerHeads) / heads;
  const lines = ofAxis(plan, 1, field.axisBoxLength), columns = ofAxis(plan, 2, field.axisBoxLength);
  const slabs = ofAxis(plan, 0, field.axisBoxLength);
  const bytes = <usize>(heads * get(plan, field.dim)) << 2;
  const bytesValue = <usize>(heads * get(plan, field.dimValue)) << 2;
  for (let item = begin; item < end; item++) {
    const head = item % heads, line = item / heads, first = <usize>(line * columns);
    const keys = gradKey + first * bytes + (<usize>(head * get(plan, field.dim)) << 2);
    const values = gradValue + first * bytesValue + (<usize>(head * get(plan, field.dimValue)) << 2);
    for (let token = 0; token < columns; token++) {
      clearRow(keys + <usize>token * bytes, get(plan, field.dim));
      clearRow(values + <usize>token * bytesValue, get(plan, field.dimValue));
    }
    const token1 = line % lines, token0 = line / lines % slabs, batch = line / lines / slabs;
    for (let queryHead = head * group; queryHead < (head + 1) * group; queryHead++) {
      mergeLine(plan, keys, values, bytes, bytesValue, batch, queryHead, token0, token1);
    }
  }
}

/** Adds to a line of keys what the tiles of one query head have for them. */
function mergeLine(
  plan: usize, keys: usize, values: usize, bytes: usize, bytesValue: usize,
  batch: i32, queryHead: i32, token0: i32, token1: i32,
): void {
  const tiles0 = ofAxis(plan, 0, field.axisTileCount), tiles1 = ofAxis(plan, 1, field.axisTileCount);
  const tiles2 = ofAxis(plan, 2, field.axisTileCount), dilation = ofAxis(plan, 2, field.axisDilation);
  const rowBytes = <usize>get(plan, field.partRowBytes);
  for (let tile0 = 0; tile0 < tiles0; tile0++) {
    const at0 = rowInBox(plan, 0, tile0, token0);
    if (at0 < 0) continue;
    for (let tile1 = 0; tile1 < tiles1; tile1++) {
      const at1 = rowInBox(plan, 1, tile1, token1);
      if (at1 < 0) continue;
      const lines = boxEdge(plan, 1, tile1, 1) - boxEdge(plan, 1, tile1, 0);
      for (let tile2 = 0; tile2 < tiles2; tile2++) {
        const start = boxEdge(plan, 2, tile2, 0), count = boxEdge(plan, 2, tile2, 1) - start;
        const unit = ((batch * tiles0 + tile0) * tiles1 + tile1) * tiles2 + tile2;
        const part = <usize>(unit * get(plan, field.ownerHeads) + queryHead) * <usize>get(plan, field.partBytes);
        const row = getAddress(plan, field.parts) + part + <usize>((at0 * lines + at1) * count) * rowBytes;
        const first = <usize>(get(plan, tileAt(plan, 2, tile2)) + start * dilation);
        addRows(keys + first * bytes, row, get(plan, field.dim), bytes * dilation, rowBytes, count);
        const second = row + get(plan, field.dimBytes);
        addRows(values + first * bytesValue, second, get(plan, field.dimValue), bytesValue * dilation, rowBytes, count);
      }
    }
  }
}

@inline
function tileAt(plan: usize, axis: i32, tile: i32): i32 {
  return ofAxis(plan, axis, field.axisTiles) + 3 * tile;
}

/** Start (`edge` 0) or end (1) of a tile's box. */
@inline
function boxEdge(plan: usize, axis: i32, tile: i32, edge: i32): i32 {
  const numbers = tileAt(plan, axis, tile), position = get(plan, numbers + 1 + edge);
  const token = get(plan, numbers) + position * ofAxis(plan, axis, field.axisDilation);
  return get(plan, ofAxis(plan, axis, field.axisWindows) + 2 * token + edge);
}

/** Where in a tile's box, along one axis, a token lies; −1: outside. */
@inline
function rowInBox(plan: usize, axis: i32, tile: i32, token: i32): i32 {
  const dilation = ofAxis(plan, axis, field.axisDilation), position = token / dilation;
  if (token % dilation !== get(plan, tileAt(plan, axis, tile))) return -1;
  const start = boxEdge(plan, axis, tile, 0);
  return position >= start && position < boxEdge(plan, axis, tile, 1) ? position - start : -1;
}

@inline
function clearRow(row: usize, dim: i32): void {
  let d = 0;
  for (; d + 4 <= dim; d += 4) v128.store(row + (<usize>d << 2), f32x4.splat(0));
  for (; d < dim; d++) store<f32>(row + (<usize>d << 2), 0);
}

/** `count` rows of the target, `step` bytes apart, += those of the source. */
function addRows(target: usize, source: usize, dim: i32, step: usize, sourceStep: usize, count: i32): void {
  const whole = <usize>(dim & ~3) << 2, bytes = <usize>dim << 2;
  for (let i = 0; i < count; i++) {
    let d: usize = 0;
    for (; d < whole; d += 16) v128.store(target + d, f32x4.add(v128.load(target + d), v128.load(source + d)));
    for (; d < bytes; d += 4) store<f32>(target + d, load<f32>(target + d) + load<f32>(source + d));
    target += step;
    source += sourceStep;
  }
}
