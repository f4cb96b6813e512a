// The gradient of a convolution's 3×3 weights through transformed tiles: see winogradTiles.as.ts.
//
// Order of summation: tiles of an image one after the other, images of a slice likewise, slices, then the transform.

import { multiplyBlock, zerosAt } from '../matmul/block.as';
import { transpose4 } from '../matmul/pack.as';
import { loadUpTo } from '../runtime/cpu/partial.as';
import { Geometry, packPositions } from './window.as';
import { mostRows, openBand, tileBytes, transformValues, valuesAt } from './winogradTiles.as';

/** Tiles are written in eights from any place: where those of the next map come to lie, not those of the first. */
@inline
const mostBehind: i32 = 7;

/**
 * An item is the sums of a block of rows and a block of channels of one group over one slice of the images. Tiles of
 * as many images are multiplied at once as a block of positions has room for.
 *
 * @param gradient [N, G · rows, height, width]
 * @param sums [slices, G, 16, rows, channels]
 */
export function winogradWeightGrad(
  geometry: usize, source: usize, gradient: usize, sums: usize, height: i32, width: i32, images: i32, sliceImages: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const g = changetype<Geometry>(geometry);
  const tiles = g.height * g.width, sumsRow = <usize>g.channels << 2, sumsPlace = <usize>g.rows * sumsRow;
  const plane = <usize>(g.sourceHeight * g.sourceWidth) << 2, map = <usize>(height * width) << 2;
  const channelBlocks = (g.channels + g.blockChannels - 1) / g.blockChannels;
  const rowBlocks = (g.rows + mostRows - 1) / mostRows;
  const values = valuesAt(g, scratch), panel = <usize>g.blockPositions << 5;
  const valuesPlace = <usize>((g.blockChannels + 7) >> 3) * panel, gradients = values + 16 * valuesPlace;
  const perBlock = min(g.blockPositions, tiles), gradientRow = <usize>g.blockPositions << 2;
  const gradientPlace = <usize>min(mostRows, g.rows) * gradientRow + 16;
  memory.fill(scratch + zerosAt, 0, 32);
  for (let item = begin; item < end; item++) {
    let rest = item;
    const channel = (rest % channelBlocks) * g.blockChannels;
    rest /= channelBlocks;
    const row = (rest % rowBlocks) * mostRows;
    rest /= rowBlocks;
    const group = rest % g.groups, slice = rest / g.groups;
    const rows = min(mostRows, g.rows - row), channels = min(g.blockChannels, g.channels - channel);
    const firstImage = slice * sliceImages, lastImage = min(images, firstImage + sliceImages);
    const to = sums + <usize>((slice * g.groups + group) << 4) * sumsPlace + <usize>row * sumsRow
      + (<usize>channel << 2);
    let filled = 0, isFirst = true;
    for (let image = firstImage; image < lastImage; image++) {
      const at = image * g.groups + group;
      const source0 = source + <usize>(at * g.channels + channel) * plane;
      const gradient0 = gradient + <usize>(at * g.rows + row) * map;
      for (let first = 0; first < tiles; first += perBlock) {
        const last = min(first + perBlock, tiles);
        openBand(g, source0, channels, first, last, scratch);
        turnValues(g, first, last, channels, values + (<usize>filled << 5), valuesPlace, panel, scratch);
        for (let r = 0; r < rows; r++) {
          const from = gradient0 + <usize>r * map, target = gradients + <usize>r * gradientRow + (<usize>filled << 2);
          transformGradient(g, first, last, from, height, width, target, gradientPlace);
        }
        filled += last - first;
        const isEnd = image + 1 == lastImage && last == tiles;
        if (filled + perBlock + mostBehind <= g.blockPositions && !isEnd) continue;
        for (let k = 0; k < 16; k++) {
          const sum = to + <usize>k * sumsPlace, init = isFirst ? scratch + zerosAt : sum;
          multiplyBlock(
            g.tileRows, g.tileColumns, rows, channels, filled,
            gradients + <usize>k * gradientPlace, gradientRow, 4,
            values + <usize>k * valuesPlace, 32, panel, true, init, isFirst ? 0 : sumsRow, isFirst ? 0 : 32,
            sum, sumsRow, 4, false, scratch,
          );
        }
        filled = 0, isFirst = false;
      }
    }
  }
}

/** Bᵀ x B of tiles [first, last) of the band's channels: for each place panels of 8 channels, a row for each tile. */
function turnValues(
  g: Geometry, first: i32, last: i32, channels: i32, to: usize, place: usize, panel: usize, scratch: usize,
): void {
  const packed = scratch + g.panelsAt;
  for (let p = first; p < last; p += 8, to += 256) {
    packPositions(g, first, p, last, channels << 4, packed, scratch);
    let at = to;
    for (let channel = 0; channel < channels; channel += 8, at += panel) {
      // In place, 8 channels at a time: place k of channel c comes to lie at 32 (16 c + k).
      const from = packed + <usize>channel * tileBytes;
      for (let c = 0; c < min(8, channels - channel); c++) {
        const tile = from + <usize>c * tileBytes;
        transformValues(tile, tile, 32);
      }
      for (let k: usize = 0; k < 16; k++) turnPlace(from + (k << 5), at + k * place);
    }
  }
}

/** Eight rows of 8, `tileBytes` apart, become eight columns. */
@inline
function turnPlace(from: usize, to: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const low = from + half * 4 * tileBytes, at = to + (half << 4);
    for (let side: usize = 0; side < 32; side += 16) {
      transpose4(
        v128.load(low + side), v128.load(low + side, 512), v128.load(low + side, 1024), v128.load(low + side, 1536),
        at + (side << 3), 32,
      );
    }
  }
}

/** A ∂Y Aᵀ of tiles [first, last) of one map: place k of it at to + k · place, 12 bytes more than the tiles need. */
function transformGradient(
  g: Geometry, first: i32, last: i32, gradient: usize, height: i32, width: i32, to: usize, place: usize,
): void {
  for (let p = first; p < last;) {
    const y = p / g.width << 1, x = p % g.width, tiles = min(4, min(last - p, g.width - x));
    const at = to + (<usize>(p - first) << 2), left = width - (x << 1);
    const line = gradient + (<usize>(y * width + (x << 1)) << 2);
    const below = y + 1 < height ? left : 0, next = line + (<usize>width << 2);
    const a = loadSome(line, left), b = loadSome(line + 16, left - 4);
    const c = loadSome(next, below), d = loadSome(next + 16, below - 4);
    const even0 = i32x4.shuffle(a, b, 0, 2, 4, 6), odd0 = i32x4.shuffle(a, b, 1, 3, 5, 7);
    const even1 = i32x4.shuffle(c, d, 0, 2, 4, 6), odd1 = i32x4.shuffle(c, d, 1, 3, 5, 7);
    gradientLine(even0, odd0, at, place);
    gradientLine(f32x4.add(even0, even1), f32x4.add(odd0, odd1), at + 4 * place, place);
    gradientLine(f32x4.sub(even0, even1), f32x4.sub(odd0, odd1), at + 8 * place, place);
    gradientLine(f32x4.neg(even1), f32x4.neg(odd1), at + 12 * place, place);
    p += tiles;
  }
}

/** Four numbers, or the first `left` with zeros behind. */
@inline
function loadSome(at: usize, left: i32): v128 {
  return left > 0 ? loadUpTo(at, left, 0) : f32x4.splat(0);
}

@inline
function gradientLine(even: v128, odd: v128, to: usize, place: usize): void {
  v128.store(to, even);
  v128.store(to + place, f32x4.add(even, odd));
  v128.store(to + 2 * place, f32x4.sub(even, odd));
  v128.store(to + 3 * place, f32x4.neg(odd));
}

/** Gᵀ u G of sums [G, 16, rows, channels]: `to` [G · rows, channels, 3, 3]. An item is one row of one group. */
export function winogradWeightsBack(
  sums: usize, rows: i32, channels: i32, to: usize, begin: i32, end: i32,
): void {
  const place = <usize>(rows * channels) << 2;
  for (let item = begin; item < end; item++) {
    let from = sums + (<usize>(item / rows * 16 * rows + item % rows) * channels << 2);
    let at = to + <usize>(item * channels) * 36;
    for (let c = 0; c < channels; c++, from += 4, at += 36) {
      for (let j: usize = 0; j < 4; j++) {
        const u0 = load<f32>(from + j * place), u1 = load<f32>(from + (4 + j) * place);
        const u2 = load<f32>(from + (8 + j) * place), u3 = load<f32>(from + (12 + j) * place);
        const half: f32 = 0.5 * (u1 + u2);
        addColumn(j, u0 + half, at), addColumn(j, 0.5 * (u1 - u2), at + 12), addColumn(j, half + u3, at + 24);
      }
    }
  }
}

/** Adds column j of a row of Gᵀ u to a row of Gᵀ u G. */
@inline
function addColumn(j: usize, x: f32, to: usize): void {
  if (j == 0) {
    store<f32>(to, x);
  } else if (j == 3) {
    store<f32>(to, load<f32>(to, 8) + x, 8);
  } else {
    const half: f32 = 0.5 * x;
    store<f32>(to, load<f32>(to) + half);
    store<f32>(to, j == 1 ? half : load<f32>(to, 4) - half, 4);
    store<f32>(to, j == 1 ? half : load<f32>(to, 8) + half, 8);
  }
}
