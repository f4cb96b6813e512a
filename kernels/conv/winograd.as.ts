// Convolution by 3×3 taps with 16 multiplications for 2×2 results instead of 36: Winograd's F(2×2, 3×3), after Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks" (2015).
//
// Legend: an output map is cut into tiles of 2×2; a tile sees 4×4 values of a channel, 2 further to the right for its
// neighbour: to window.as.ts a convolution by 4×4 taps with stride 2, whose positions are the tiles.
//   forward    Y = Aᵀ [ Σ_c (G w_c Gᵀ) ⊙ (Bᵀ x_c B) ] A      w 3×3, x 4×4, Y 2×2
//   weights    ∂w = Gᵀ [ Σ_tiles (A ∂Y Aᵀ) ⊙ (Bᵀ x B) ] G
//   Bᵀ = 1  0 −1  0    G = 1  0  0     Aᵀ = 1 1  1  0
//        0  1  1  0        ½  ½  ½          0 1 −1 −1
//        0 −1  1  0        ½ −½  ½
//        0  1  0 −1        0  0  1
// Each of the 16 products ⊙ is one of matrices. A place k = 4 i + j is where in the 4×4 it belongs.
// Scratch: a block's (block.as.ts), the places of the taps, the band, the values of 8 tiles under all taps, the transformed
// values, then the sums or the transformed gradient.
// Order of summation: channels one after the other, or tiles of an image, images and slices; then the transforms.

import { loadUpTo, storeUpTo } from '../runtime/cpu/partial.as';
import { multiplyBlock, zerosAt } from '../matmul/block.as';
import { transpose4 } from '../matmul/pack.as';
import { bandRows, fillBand, Geometry, packPositions, placeTaps } from './window.as';

/** Rows whose sums are made at a time. */
@inline
const mostRows: i32 = 64;

/** Bytes of 8 tiles' values of a channel. */
@inline
const tileBytes: usize = 512;

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
  const plane = <usize>(g.sourceHeight * g.sourceWidth) << 2, map = <usize>(height * width) << 2;
  memory.fill(scratch + zerosAt, 0, 32);
  for (let item = begin; item < end; item++) {
    const image = item / blocks, group = image % g.groups;
    const first = (item % blocks) * g.blockPositions, last = min(first + g.blockPositions, tiles);
    const columns = (last - first + 7) & ~7, panel = <usize>g.channels << 5;
    const values = valuesAt(g, scratch), valuesPlace = <usize>(columns >> 3) * panel;
    for (let channel = 0; channel < g.channels; channel += g.blockChannels) {
      const channels = min(g.blockChannels, g.channels - channel);
      openBand(g, source + <usize>(image * g.channels + channel) * plane, channels, first, last, scratch);
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
      const to = output + <usize>(image * g.rows + row) * map;
      for (let r = 0; r < rows; r++) {
        const offset = bias == 0 ? f32x4.splat(0) : v128.load32_splat(biasAt + (<usize>r << 2));
        finishRow(g, first, last, sums + <usize>r * sumsRow, place, offset, to + <usize>r * map, height, width);
      }
    }
  }
}

/** Behind the values of 8 tiles. */
@inline
function valuesAt(g: Geometry, scratch: usize): usize {
  return scratch + g.panelsAt + <usize>g.blockChannels * tileBytes;
}

/** Makes what tiles [first, last) see of `channels` channels ready for packPositions. */
@inline
function openBand(g: Geometry, source: usize, channels: i32, first: i32, last: i32, scratch: usize): void {
  const rows = bandRows(g, first, last - 1);
  fillBand(g, source, channels, first, rows, scratch);
  placeTaps(g, channels, rows, scratch);
}

/** Bᵀ x B of 8 tiles: place k of them at from + 32 k, of the result at to + k · place. */
function transformValues(from: usize, to: usize, place: usize): void {
  for (let half = 0; half < 2; half++, from += 16, to += 16) {
    const a0 = v128.load(from), a1 = v128.load(from, 32), a2 = v128.load(from, 64), a3 = v128.load(from, 96);
    const c0 = v128.load(from, 256), c1 = v128.load(from, 288), c2 = v128.load(from, 320), c3 = v128.load(from, 352);
    valueLine(f32x4.sub(a0, c0), f32x4.sub(a1, c1), f32x4.sub(a2, c2), f32x4.sub(a3, c3), to, place);
    const b0 = v128.load(from, 128), b1 = v128.load(from, 160), b2 = v128.load(from, 192), b3 = v128.load(from, 224);
    valueLine(f32x4.add(b0, c0), f32x4.add(b1, c1), f32x4.add(b2, c2), f32x4.add(b3, c3), to + 4 * place, place);
    valueLine(f32x4.sub(c0, b0), f32x4.sub(c1, b1), f32x4.sub(c2, b2), f32x4.sub(c3, b3), to + 8 * place, place);
    const d0 = v128.load(from, 384), d1 = v128.load(from, 416), d2 = v128.load(from, 448), d3 = v128.load(from, 480);
    valueLine(f32x4.sub(b0, d0), f32x4.sub(b1, d1), f32x4.sub(b2, d2), f32x4.sub(b3, d3), to + 12 * place, place);
  }
}

@inline
function valueLine(x: v128, y: v128, z: v128, w: v128, to: usize, place: usize): void {
  v128.store(to, f32x4.sub(x, z));
  v128.store(to + place, f32x4.add(y, z));
  v128.store(to + 2 * place, f32x4.sub(z, y));
  v128.store(to + 3 * place, f32x4.sub(y, w));
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
    const to = sums + <usize>((slice * g.groups + group) << 4) * sumsPlace + <usize>row * sumsRow + (<usize>channel << 2);
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
        if (filled + perBlock <= g.blockPositions && !isEnd) continue;
        for (let k = 0; k < 16; k++) {
          const sum = to + <usize>k * sumsPlace, init = isFirst ? scratch + zerosAt : sum;
          multiplyBlock(
            g.tileRows, g.tileColumns, rows, channels, filled, gradients + <usize>k * gradientPlace, gradientRow, 4,
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
