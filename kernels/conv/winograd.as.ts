// Convolution by 3×3 taps through transformed tiles: see winogradTiles.as.ts.
//
// Order of summation: channels one after the other, then the transform.

import { multiplyBlock, zerosAt } from '../matmul/block.as';
import { storeUpTo } from '../runtime/cpu/partial.as';
import { Geometry, packPositions } from './window.as';
import { mostRows, openBand, tileBytes, transformValues, valuesAt } from './winogradTiles.as';

/**
 * G w Gᵀ of weights [G · rows, channels, 3, 3]: `to` [G, 16, rows, channels]. An item is one row of one group.
 *
 * @param isTurned whether the taps come in the opposite order
 */
export function winogradWeights(
  weights: usize, rows: i32, channels: i32, isTurned: i32, to: usize, begin: i32, end: i32,
): void {
  const place = <usize>(rows * channels) << 2, step: usize = isTurned ? -4 : 4;
  for (let item = begin; item < end; item++) {
    let from = weights + <usize>(item * channels) * 36 + (isTurned ? 32 : 0);
    let at = to + (<usize>(item / rows * 16 * rows + item % rows) * channels << 2);
    for (let c = 0; c < channels; c++, from += 36, at += 4) {
      const w0 = load<f32>(from), w1 = load<f32>(from + step), w2 = load<f32>(from + 2 * step);
      const w3 = load<f32>(from + 3 * step), w4 = load<f32>(from + 4 * step), w5 = load<f32>(from + 5 * step);
      const w6 = load<f32>(from + 6 * step), w7 = load<f32>(from + 7 * step), w8 = load<f32>(from + 8 * step);
      const outer0 = w0 + w6, outer1 = w1 + w7, outer2 = w2 + w8;
      weightLine(w0, w1, w2, at, place);
      weightLine(0.5 * (outer0 + w3), 0.5 * (outer1 + w4), 0.5 * (outer2 + w5), at + 4 * place, place);
      weightLine(0.5 * (outer0 - w3), 0.5 * (outer1 - w4), 0.5 * (outer2 - w5), at + 8 * place, place);
      weightLine(w6, w7, w8, at + 12 * place, place);
    }
  }
}

@inline
function weightLine(x: f32, y: f32, z: f32, to: usize, place: usize): void {
  const outer = x + z;
  store<f32>(to, x);
  store<f32>(to + place, 0.5 * (outer + y));
  store<f32>(to + 2 * place, 0.5 * (outer - y));
  store<f32>(to + 3 * place, z);
}

/**
 * An item is a block of tiles of one group of one image.
 *
 * @param geometry of the tiles
 * @param weights what winogradWeights makes
 * @param bias G · rows numbers, or 0 for none
 * @param output [N, G · rows, height, width]
 */
export function winogradForward(
  geometry: usize, source: usize, weights: usize, bias: usize, output: usize, height: i32, width: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const g = changetype<Geometry>(geometry);
  const tiles = g.height * g.width, blocks = (tiles + g.blockPositions - 1) / g.blockPositions;
  const plane = <usize>(g.sourceHeight * g.sourceWidth) << 2, outputMap = <usize>(height * width) << 2;
  memory.fill(scratch + zerosAt, 0, 32);
  for (let item = begin; item < end; item++) {
    const map = item / blocks, group = map % g.groups;
    const first = (item % blocks) * g.blockPositions, last = min(first + g.blockPositions, tiles);
    const columns = (last - first + 7) & ~7, panel = <usize>g.channels << 5;
    const values = valuesAt(g, scratch), valuesPlace = <usize>(columns >> 3) * panel;
    for (let channel = 0; channel < g.channels; channel += g.blockChannels) {
      const channels = min(g.blockChannels, g.channels - channel);
      openBand(g, source + <usize>(map * g.channels + channel) * plane, channels, first, last, scratch);
      let to = values + (<usize>channel << 5);
      for (let p = first; p < last; p += 8, to += panel) {
        packPositions(g, first, p, last, channels << 4, scratch + g.panelsAt, scratch);
        for (let c = 0; c < channels; c++) {
          transformValues(scratch + g.panelsAt + <usize>c * tileBytes, to + (<usize>c << 5), valuesPlace);
        }
      }
    }
    const sums = values + 16 * valuesPlace, sumsRow = <usize>columns << 2;
    for (let row = 0; row < g.rows; row += mostRows) {
      const rows = min(mostRows, g.rows - row), place = <usize>rows * sumsRow, at = group * g.rows + row;
      for (let k = 0; k < 16; k++) {
        const from = weights + (<usize>(((group << 4) + k) * g.rows + row) * g.channels << 2);
        multiplyBlock(
          g.tileRows, g.tileColumns, rows, columns, g.channels, from, <usize>g.channels << 2, 4,
          values + <usize>k * valuesPlace, 32, panel, true, scratch + zerosAt, 0, 0,
          sums + <usize>k * place, sumsRow, 4, false, scratch,
        );
      }
      const biasAt = bias == 0 ? 0 : bias + (<usize>at << 2);
      const to = output + <usize>(map * g.rows + row) * outputMap;
      for (let r = 0; r < rows; r++) {
        const offset = bias == 0 ? f32x4.splat(0) : v128.load32_splat(biasAt + (<usize>r << 2));
        finishRow(g, first, last, sums + <usize>r * sumsRow, place, offset, to + <usize>r * outputMap, height, width);
      }
    }
  }
}

/** Aᵀ m A + offset of tiles [first, last) of one row: place k of m at sums + k · place, results into a map `to`. */
function finishRow(
  g: Geometry, first: i32, last: i32, sums: usize, place: usize, offset: v128, to: usize, height: i32, width: i32,
): void {
  for (let p = first; p < last;) {
    const y = p / g.width << 1, x = p % g.width, tiles = min(4, min(last - p, g.width - x));
    const at = sums + (<usize>(p - first) << 2), left = min(tiles << 1, width - (x << 1));
    const line = to + (<usize>(y * width + (x << 1)) << 2);
    let top0 = offset, top1 = offset, below0 = offset, below1 = offset;
    for (let j: usize = 0; j < 4; j++) {
      const column = at + j * place;
      const m0 = v128.load(column), m1 = v128.load(column + 4 * place);
      const m2 = v128.load(column + 8 * place), m3 = v128.load(column + 12 * place);
      const top = f32x4.add(f32x4.add(m0, m1), m2), below = f32x4.sub(f32x4.sub(m1, m2), m3);
      if (j < 3) top0 = f32x4.add(top0, top), below0 = f32x4.add(below0, below);
      if (j == 1) top1 = f32x4.add(top1, top), below1 = f32x4.add(below1, below);
      if (j > 1) top1 = f32x4.sub(top1, top), below1 = f32x4.sub(below1, below);
    }
    storePairs(top0, top1, line, left);
    if (y + 1 < height) storePairs(below0, below1, line + (<usize>width << 2), left);
    p += tiles;
  }
}

/** Stores the first `left` of even and odd columns, in turns. */
@inline
function storePairs(even: v128, odd: v128, to: usize, left: i32): void {
  storeUpTo(to, i32x4.shuffle(even, odd, 0, 4, 1, 5), left);
  if (left > 4) storeUpTo(to + 16, i32x4.shuffle(even, odd, 2, 6, 3, 7), left - 4);
}
