// Convolution as a product of matrices: weights [rows, taps] times the values under the taps [taps, positions].
//
// Legend: see window.as.ts. N images, G groups; output [N, G · rows, positions], weights [G · rows, channels · kernel].
// Scratch: a block's (block.as.ts), then the places of the taps, the band of source rows, the panels.
// Order of summation: the bias first, then taps (c, i, j) one after the other; for the weights, positions of an image
// one after the other, images of a slice likewise, then slices 0, 1, 2 ... (matmulSumSlices).

import { multiplyBlock, spreadBias, zerosAt } from '../matmul/block.as';
import { convolveLines, correlateLines, fewRows } from './few.as';
import { bandRows, fillBand, Geometry, mapBytes, packPositions, packTaps, placeTaps, weightBytes } from './window.as';

/** Rows of weights whose bias fits a block's scratch. */
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
    const biasAt = bias == 0 ? 0 : bias + (<usize>(group * g.rows) << 2);
    const to = output + (<usize>map * g.rows * positions + first << 2);
    for (let channel = 0; channel < g.channels; channel += g.blockChannels) {
      const channels = min(g.blockChannels, g.channels - channel), taps = channels * kernel, isFirst = channel == 0;
      const from = weights + (<usize>(group * g.rows * g.channels + channel) * kernel << 2);
      fillBand(g, source + (<usize>(map * g.channels + channel) * plane << 2), channels, first, rows, scratch);
      placeTaps(g, channels, rows, scratch);
      if (g.rows <= fewRows) convolveLines(g, first, last, taps, from, biasAt, isFirst, to, scratch);
      else convolvePanels(g, first, last, taps, from, biasAt, isFirst, to, scratch);
    }
  }
}

/** Multiplies all rows of one group's weights by panels of positions [first, last). */
function convolvePanels(
  g: Geometry, first: i32, last: i32, taps: i32, weights: usize, bias: usize, isFirst: bool,
  output: usize, scratch: usize,
): void {
  const weightRow = weightBytes(g), outputRow = mapBytes(g), panelBytes = <usize>taps << 5;
  let panel = scratch + g.panelsAt;
  for (let p = first; p < last; p += 8, panel += panelBytes) packPositions(g, first, p, last, taps, panel, scratch);
  for (let row = 0; row < g.rows; row += mostRows) {
    const rows = min(mostRows, g.rows - row), to = output + <usize>row * outputRow;
    let init = to, initRow = outputRow, initPanel: usize = 32;
    if (isFirst) {
      init = startOf(bias, row, rows, scratch), initRow = bias == 0 ? 0 : 32, initPanel = 0;
    }
    multiplyBlock(
      g.tileRows, g.tileColumns, rows, last - first, taps, weights + <usize>row * weightRow, weightRow, 4,
      scratch + g.panelsAt, 32, panelBytes, true, init, initRow, initPanel, to, outputRow, 4, false, scratch,
    );
  }
}

/** Initial values of `rows` rows: their bias, or zeros. */
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
  geometry: usize, source: usize, gradient: usize, output: usize, images: i32, sliceImages: i32,
  begin: i32, end: i32, scratch: usize,
): void {
  const g = changetype<Geometry>(geometry);
  const positions = g.height * g.width, kernel = g.kernelHeight * g.kernelWidth, plane = g.sourceHeight * g.sourceWidth;
  const blocks = (g.channels + g.blockChannels - 1) / g.blockChannels;
  for (let item = begin; item < end; item++) {
    const channel = (item % blocks) * g.blockChannels;
    const group = (item / blocks) % g.groups, slice = item / blocks / g.groups;
    const channels = min(g.blockChannels, g.channels - channel), taps = channels * kernel;
    const to = output + (<usize>((slice * g.groups + group) * g.rows * g.channels + channel) * kernel << 2);
    const firstImage = slice * sliceImages, lastImage = min(images, firstImage + sliceImages);
    for (let image = firstImage; image < lastImage; image++) {
      const map = image * g.groups + group;
      const source0 = source + (<usize>(map * g.channels + channel) * plane << 2);
      const gradient0 = gradient + (<usize>map * g.rows * positions << 2);
      for (let first = 0; first < positions; first += g.blockPositions) {
        const last = min(first + g.blockPositions, positions), rows = bandRows(g, first, last - 1);
        const isFirst = image == firstImage && first == 0, from = gradient0 + (<usize>first << 2);
        fillBand(g, source0, channels, first, rows, scratch);
        placeTaps(g, channels, rows, scratch);
        if (g.rows <= fewRows) correlateLines(g, first, last, taps, from, isFirst, to, scratch);
        else correlatePanels(g, first, last, taps, from, isFirst, to, scratch);
      }
    }
  }
}

/** Adds the gradient at positions [first, last) times panels of the values under 8 taps to `to`, or begins there. */
function correlatePanels(
  g: Geometry, first: i32, last: i32, taps: i32, gradient: usize, isFirst: bool, to: usize, scratch: usize,
): void {
  const gradientRow = mapBytes(g), outputRow = weightBytes(g), panelBytes = <usize>(last - first) << 5;
  let panel = scratch + g.panelsAt;
  for (let tap = 0; tap < taps; tap += 8, panel += panelBytes) {
    packTaps(g, first, last, tap, min(8, taps - tap), panel, scratch);
  }
  for (let row = 0; row < g.rows; row += mostRows) {
    const rows = min(mostRows, g.rows - row), at = to + <usize>row * outputRow;
    const init = isFirst ? startOf(0, row, rows, scratch) : at;
    multiplyBlock(
      g.tileRows, g.tileColumns, rows, taps, last - first, gradient + <usize>row * gradientRow, gradientRow, 4,
      scratch + g.panelsAt, 32, panelBytes, true, init, isFirst ? 0 : outputRow, isFirst ? 0 : 32,
      at, outputRow, 4, false, scratch,
    );
  }
}
