// Convolution as a product of matrices: weights [rows, taps] times the values under the taps [taps, positions].
//
// Legend: see window.as.ts. N images, G groups; output [N, G · rows, positions], weights [G · rows, channels · kernel].
// Scratch: a block's (block.as.ts), then the places of the taps, the band of source rows, the panels.
// Order of summation: the bias first, then taps (c, i, j) one after the other; for the weights, positions of an image
// one after the other, images of a slice likewise, then slices 0, 1, 2 ... (matmulSumSlices).

import { multiplyBlock, spreadBias, zerosAt } from '../matmul/block.as';
import { bandRows, fillBand, Geometry, packPositions, packTaps, placeTaps } from './window.as';

/** Rows of weights whose bias fits a block's scratch. */
// @ts-ignore: decorator
@inline
const mostRows: i32 = 96;

/** An item is a block of positions of one group of one image. `bias`: G · rows numbers, or 0 for none. */
export function convolutionForward(
  geometry: usize, source: usize, weights: usize, bias: usize, output: usize, begin: i32, end: i32, scratch: usize,
): void {
  const g = changetype<Geometry>(geometry);
  const positions = g.height * g.width, kernel = g.kernelHeight * g.kernelWidth;
  const blocks = (positions + g.blockPositions - 1) / g.blockPositions;
  const plane = g.sourceHeight * g.sourceWidth;
  for (let item = begin; item < end; item++) {
    const map = item / blocks, group = map % g.groups;
    const first = (item % blocks) * g.blockPositions, last = min(first + g.blockPositions, positions);
    const rows = bandRows(g, first, last - 1);
    for (let channel = 0; channel < g.channels; channel += g.blockChannels) {
      const channels = min(g.blockChannels, g.channels - channel), taps = channels * kernel;
      fillBand(g, source + (<usize>(map * g.channels + channel) * plane << 2), channels, first, rows, scratch);
      placeTaps(g, channels, rows, scratch);
      let panel = scratch + g.panelsAt;
      for (let p = first; p < last; p += 8, panel += <usize>taps << 5) packPositions(g, first, p, last, taps, panel, scratch);
      multiplyPositions(
        g, taps, weights + (<usize>(group * g.rows * g.channels + channel) * kernel << 2), last - first,
        bias == 0 ? 0 : bias + (<usize>(group * g.rows) << 2), channel == 0,
        output + (<usize>map * g.rows * positions + first << 2), scratch,
      );
    }
  }
}

/** Multiplies the packed panels by all rows of one group's weights. */
function multiplyPositions(
  g: Geometry, taps: i32, weights: usize, columns: i32, bias: usize, isFirst: bool, output: usize, scratch: usize,
): void {
  const weightRow = <usize>(g.channels * g.kernelHeight * g.kernelWidth) << 2, outputRow = <usize>(g.height * g.width) << 2;
  for (let row = 0; row < g.rows; row += mostRows) {
    const rows = min(mostRows, g.rows - row), to = output + <usize>row * outputRow;
    let init = to, initRow = outputRow, initPanel: usize = 32;
    if (isFirst) {
      init = startOf(bias, row, rows, scratch), initRow = bias == 0 ? 0 : 32, initPanel = 0;
    }
    multiplyBlock(
      rows, columns, taps, weights + <usize>row * weightRow, weightRow, 4, scratch + g.panelsAt, 32, <usize>taps << 5, true,
      init, initRow, initPanel, to, outputRow, 4, false, scratch,
    );
  }
}

/** Initial values of `rows` rows: their bias, or zeros. */
// @ts-ignore: decorator
@inline
function startOf(bias: usize, row: i32, rows: i32, scratch: usize): usize {
  if (bias != 0) return spreadBias(bias + (<usize>row << 2), rows, scratch);
  memory.fill(scratch + zerosAt, 0, 32);
  return scratch + zerosAt;
}

/**
 * An item is the weights of a block of channels of one group, summed over one slice of the images. `gradient` has the
 * shape of the output. Slices are G · rows · channels · kernel numbers apart.
 */
export function convolutionWeightGrad(
  geometry: usize, source: usize, gradient: usize, output: usize, images: i32, sliceImages: i32, begin: i32, end: i32, scratch: usize,
): void {
  const g = changetype<Geometry>(geometry);
  const positions = g.height * g.width, kernel = g.kernelHeight * g.kernelWidth, plane = g.sourceHeight * g.sourceWidth;
  const blocks = (g.channels + g.blockChannels - 1) / g.blockChannels;
  for (let item = begin; item < end; item++) {
    const channel = (item % blocks) * g.blockChannels, group = (item / blocks) % g.groups, slice = item / blocks / g.groups;
    const channels = min(g.blockChannels, g.channels - channel), taps = channels * kernel;
    const to = output + (<usize>(((slice * g.groups + group) * g.rows) * g.channels + channel) * kernel << 2);
    const lastImage = min(images, (slice + 1) * sliceImages);
    for (let image = slice * sliceImages; image < lastImage; image++) {
      const map = image * g.groups + group;
      const from = source + (<usize>(map * g.channels + channel) * plane << 2);
      for (let first = 0; first < positions; first += g.blockPositions) {
        const last = min(first + g.blockPositions, positions), rows = bandRows(g, first, last - 1);
        fillBand(g, from, channels, first, rows, scratch);
        placeTaps(g, channels, rows, scratch);
        let panel = scratch + g.panelsAt;
        for (let tap = 0; tap < taps; tap += 8, panel += <usize>(last - first) << 5) {
          packTaps(g, first, last, tap, min(8, taps - tap), panel, scratch);
        }
        const isFirst = first == 0 && image == slice * sliceImages;
        multiplyTaps(g, taps, last - first, gradient + (<usize>map * g.rows * positions + first << 2), isFirst, to, scratch);
      }
    }
  }
}

/** Adds the product of all rows of the gradient and the packed panels to `to`; starts from zero if `isFirst`. */
function multiplyTaps(g: Geometry, taps: i32, positions: i32, gradient: usize, isFirst: bool, to: usize, scratch: usize): void {
  const gradientRow = <usize>(g.height * g.width) << 2, outputRow = <usize>(g.channels * g.kernelHeight * g.kernelWidth) << 2;
  memory.fill(scratch + zerosAt, 0, 32);
  for (let row = 0; row < g.rows; row += mostRows) {
    const at = to + <usize>row * outputRow;
    multiplyBlock(
      min(mostRows, g.rows - row), taps, positions, gradient + <usize>row * gradientRow, gradientRow, 4,
      scratch + g.panelsAt, 32, <usize>positions << 5, true,
      isFirst ? scratch + zerosAt : at, isFirst ? 0 : outputRow, isFirst ? 0 : 32, at, outputRow, 4, false, scratch,
    );
  }
}

/**
 * The taps (firstY + i · stepY, firstX + j · stepX) of weights [G, rows, channels, height, width], i < tapsY, j < tapsX, with rows
 * and channels exchanged: [G, channels, rows, tapsY, tapsX]. An item is one channel of one group.
 */
export function convolutionTurnWeights(
  weights: usize, rows: i32, channels: i32, height: i32, width: i32,
  firstY: i32, stepY: i32, tapsY: i32, firstX: i32, stepX: i32, tapsX: i32, to: usize, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const group = item / channels, channel = item % channels;
    let at = to + (<usize>(item * rows) * (tapsY * tapsX) << 2);
    for (let row = 0; row < rows; row++) {
      const from = ((group * rows + row) * channels + channel) * height;
      for (let i = 0; i < tapsY; i++) {
        const line = (from + firstY + i * stepY) * width + firstX;
        for (let j = 0; j < tapsX; j++, at += 4) store<f32>(at, load<f32>(weights + (<usize>(line + j * stepX) << 2)));
      }
    }
  }
}

/** Writes maps [height, width] to every `stride`-th row and column of larger ones, from (y, x) on. An item is one map. */
export function convolutionInterleave(
  from: usize, height: i32, width: i32, to: usize, toHeight: i32, toWidth: i32, y: i32, x: i32, strideY: i32, strideX: i32, begin: i32, end: i32,
): void {
  let at = from + (<usize>(begin * height * width) << 2);
  for (let item = begin; item < end; item++) {
    for (let i = 0; i < height; i++) {
      let target = to + (<usize>((item * toHeight + y + i * strideY) * toWidth + x) << 2);
      for (let j = 0; j < width; j++, at += 4, target += <usize>strideX << 2) store<f32>(target, load<f32>(at));
    }
  }
}
