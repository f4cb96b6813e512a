// How convolution reads an image: the values under each tap of the kernel at each position, never all in memory.
//
// Legend: an output position (y, x) on a grid of height × width sees, under tap (i, j) of channel c, the value
// source[c, y · stride + i · dilation + offset, x · stride + j · dilation + offset], zero outside. Offset is −padding;
// dilation may be negative: the gradient of the input is a convolution of this form too.
// The source rows that a block of positions needs are copied with their border into a band in scratch memory. Of each
// row the band holds columns offset, offset + stride, ... first, then those one further, and so on: neighbours on the
// grid are neighbours under every tap, whatever the stride, and tap k = (c, i, j) is at a fixed distance.

import { transpose4 } from '../matmul/pack.as';

/** What stays the same through a launch: 32-bit numbers that convolution.cpu.ts writes in this order. */
@unmanaged
export class Geometry {
  /** Channels per group that are read, and that are written. */
  channels: i32;
  rows: i32;
  groups: i32;
  sourceHeight: i32;
  sourceWidth: i32;
  height: i32;
  width: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideY: i32;
  strideX: i32;
  dilationY: i32;
  dilationX: i32;
  /** The least source row and column that position (0, 0) sees. */
  originY: i32;
  originX: i32;
  /** Floats that a source row has in the band for each remainder modulo the stride. */
  bandRun: i32;
  /** Channels and positions handled at a time. */
  blockChannels: i32;
  blockPositions: i32;
  /** Where in the scratch memory: the distance of each tap, the band, the panels. */
  tapsAt: i32;
  bandAt: i32;
  panelsAt: i32;
  /** Of the register tiles. */
  tileRows: i32;
  tileColumns: i32;
}

/** From one row of weights to the next. */
@inline
export function weightBytes(g: Geometry): usize {
  return <usize>(g.channels * g.kernelHeight * g.kernelWidth) << 2;
}

/** From one map of the output to the next. */
@inline
export function mapBytes(g: Geometry): usize {
  return <usize>(g.height * g.width) << 2;
}

/** Rows of the source between the first and the last one that positions [first, last] see. */
@inline
export function bandRows(g: Geometry, first: i32, last: i32): i32 {
  return (last / g.width - first / g.width) * g.strideY + (g.kernelHeight - 1) * abs(g.dilationY) + 1;
}

/** Writes the distance in bytes of every tap of `channels` channels from the position's place in the band. */
export function placeTaps(g: Geometry, channels: i32, rows: i32, scratch: usize): void {
  const bandRow = g.strideX * g.bandRun;
  let to = scratch + g.tapsAt;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < g.kernelHeight; i++) {
      const down = (g.dilationY < 0 ? i + 1 - g.kernelHeight : i) * g.dilationY;
      for (let j = 0; j < g.kernelWidth; j++, to += 4) {
        const right = (g.dilationX < 0 ? j + 1 - g.kernelWidth : j) * g.dilationX;
        store<i32>(to, ((c * rows + down) * bandRow + (right % g.strideX) * g.bandRun + right / g.strideX) << 2);
      }
    }
  }
}

/** Copies the source rows that positions from `first` on see, `rows` of each channel. Borders are zeros. */
export function fillBand(g: Geometry, source: usize, channels: i32, first: i32, rows: i32, scratch: usize): void {
  const top = (first / g.width) * g.strideY + g.originY;
  let to = scratch + g.bandAt;
  for (let c = 0; c < channels; c++, source += <usize>(g.sourceHeight * g.sourceWidth) << 2) {
    for (let row = top; row < top + rows; row++) {
      const isInside = row >= 0 && row < g.sourceHeight;
      const from = source + (<usize>(row * g.sourceWidth) << 2);
      for (let remainder = 0; remainder < g.strideX; remainder++, to += <usize>g.bandRun << 2) {
        if (isInside) fillRun(from, g.sourceWidth, g.originX + remainder, g.strideX, g.bandRun, to);
        else zeroRun(to, 0, g.bandRun);
      }
    }
  }
}

/** Copies from[x], from[x + stride], ... : `count` numbers, zero where x is outside [0, width). */
function fillRun(from: usize, width: i32, x: i32, stride: i32, count: i32, to: usize): void {
  const before = x < 0 ? min(count, stride == 1 ? -x : (stride - 1 - x) / stride) : 0;
  const inside = x < width ? min(count, stride == 1 ? width - x : (width - 1 - x) / stride + 1) : 0;
  zeroRun(to, 0, before);
  let i = before;
  from += (x + i * stride) << 2;
  if (stride == 1) {
    for (; i + 4 <= inside; i += 4, from += 16) v128.store(to + (<usize>i << 2), v128.load(from));
  }
  for (; i < inside; i++, from += <usize>stride << 2) store<f32>(to + (<usize>i << 2), load<f32>(from));
  zeroRun(to, i, count);
}

function zeroRun(to: usize, begin: i32, end: i32): void {
  let i = begin;
  for (; i + 4 <= end; i += 4) v128.store(to + (<usize>i << 2), i32x4.splat(0));
  for (; i < end; i++) store<f32>(to + (<usize>i << 2), 0);
}

/** From the place of a position in the band to that of the one below it. */
@inline
export function lineBytes(g: Geometry): usize {
  return <usize>(g.strideY * g.strideX * g.bandRun) << 2;
}

/** Where position p lies in the band, in bytes from its start. */
@inline
export function placeOf(g: Geometry, p: i32, firstRow: i32): usize {
  return <usize>(((p / g.width - firstRow) * g.strideY * g.strideX * g.bandRun + p % g.width) << 2);
}

/** A panel of 8 positions: a row of 8 for each of `taps` taps. Positions at and after `last` are any numbers. */
export function packPositions(g: Geometry, first: i32, p: i32, last: i32, taps: i32, to: usize, scratch: usize): void {
  const firstRow = first / g.width, band = scratch + g.bandAt;
  const from = band + placeOf(g, p, firstRow);
  const inRow = g.width - p % g.width;
  let table = scratch + g.tapsAt;
  const end = table + (<usize>taps << 2);
  if (inRow >= min(8, last - p)) {
    for (; table < end; table += 4, to += 32) {
      const at = from + load<u32>(table);
      const low = v128.load(at), high = v128.load(at, 16);
      v128.store(to, low), v128.store(to, high, 16);
    }
  } else if (inRow + g.width >= min(8, last - p)) {
    // The first `inRow` are the end of one row of the grid, the others the beginning of the next.
    const next = band + placeOf(g, p + inRow, firstRow) - (<usize>inRow << 2);
    const lanes = i32x4(0, 1, 2, 3);
    const isFirstLow = i32x4.lt_s(lanes, i32x4.splat(inRow)), isFirstHigh = i32x4.lt_s(lanes, i32x4.splat(inRow - 4));
    for (; table < end; table += 4, to += 32) {
      const at = from + load<u32>(table), then = next + load<u32>(table);
      v128.store(to, v128.bitselect(v128.load(at), v128.load(then), isFirstLow));
      v128.store(to, v128.bitselect(v128.load(at, 16), v128.load(then, 16), isFirstHigh), 16);
    }
  } else {
    for (let lane = 0; lane < 8; lane++) {
      const place = band + placeOf(g, min(p + lane, last - 1), firstRow);
      for (let k = 0; k < taps; k++) {
        store<f32>(to + (<usize>(k * 8 + lane) << 2), load<f32>(place + load<u32>(table + (<usize>k << 2))));
      }
    }
  }
}

/** A panel of `width` (at most 8) taps from `tap` on: a row of 8 for each position of [p, last), missing taps zero. */
export function packTaps(g: Geometry, p: i32, last: i32, tap: i32, width: i32, to: usize, scratch: usize): void {
  const firstRow = p / g.width, band = scratch + g.bandAt, table = scratch + g.tapsAt + (<usize>tap << 2);
  if (width < 8) memory.fill(to, 0, <usize>(last - p) << 5);
  while (p < last) {
    let from = band + placeOf(g, p, firstRow);
    const end = min(last, p + g.width - p % g.width);
    if (width == 8) {
      for (; p + 4 <= end; p += 4, from += 16, to += 128) {
        transposeTaps(from, table, to);
        transposeTaps(from, table + 16, to + 16);
      }
    }
    for (; p < end; p++, from += 4, to += 32) {
      for (let k: usize = 0; k < <usize>width << 2; k += 4) store<f32>(to + k, load<f32>(from + load<u32>(table + k)));
    }
  }
}

/** Four positions under four taps. */
@inline
function transposeTaps(from: usize, table: usize, to: usize): void {
  const x = v128.load(from + load<u32>(table)), y = v128.load(from + load<u32>(table, 4));
  const z = v128.load(from + load<u32>(table, 8)), w = v128.load(from + load<u32>(table, 12));
  transpose4(x, y, z, w, to, 32);
}
