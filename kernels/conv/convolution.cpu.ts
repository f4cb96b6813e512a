import type { Blocks } from './geometry.cpu.ts';
import type { Grid } from './problem.ts';
import { multiplyWithRowBias, nearRows } from '../matmul/multiply.cpu.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { launch, temporary } from '../runtime/cpu/launch.ts';
import { chooseChannels, fewItems, launchOn, mostPacked, product } from './geometry.cpu.ts';
import { correlateByWinograd, convolveByWinograd, suitsWinograd } from './winograd.cpu.ts';

const mostPositions = 512;
/** Groups of so few rows are convolved without panels (few.as.ts), so that more positions are handled at a time. */
const fewRows = 4;
const mostPositionsOfFew = 4096;
const mostTaps = 320;
/** Multiplications a nanosecond, about. */
const speed = 20;

/**
 * output [N, G · rows, *size] = weights [G · rows, channels, *kernel] ⋆ source [N, G · channels, *source] +
 * bias [G · rows]. All are addresses; a bias of 0 is none.
 */
export function convolve(grid: Grid, source: number, weights: number, bias: number, output: number): void {
  const { images, groups, channels, rows } = grid;
  const positions = product(grid.size);
  const taps = product(grid.kernel);
  if (isPlainProduct(grid)) {
    const weightsOfGroup = { at: weights, row: 4 * channels, column: 4, outer: 0, inner: 0 };
    const maps = { at: source, row: 4 * positions, column: 4, outer: 4 * channels * positions, inner: 0 };
    return multiplyWithRowBias(weightsOfGroup, maps, output, {
      m: rows,
      n: positions,
      k: channels,
      outer: images,
      inner: 1,
      bias,
    });
  }
  if (suitsWinograd(grid, 'forward')) return convolveByWinograd(grid, source, weights, bias, output);
  const perBlock = chooseChannels(grid, Math.floor(mostTaps / taps), positionsOf(grid));
  const blocks = { channels: perBlock, positions: choosePositions(grid, perBlock * taps, images * groups) };
  const items = images * groups * Math.ceil(positions / blocks.positions);
  if (items * rows === 0) return;
  const work = (blocks.positions * channels * taps * (rows + 8)) / speed;
  launchWith(grid, blocks, (geometry, scratch) => {
    launch('convolutionForward', [geometry, source, weights, bias, output], items, { work, scratch });
  });
}

/** output [G · rows, channels, *kernel] = Σ over images and positions of gradient [N, G · rows, *size] · what taps see. */
export function correlate(grid: Grid, source: number, gradient: number, output: number): void {
  const { images, groups, channels, rows } = grid;
  const taps = product(grid.kernel);
  const elements = groups * rows * channels * taps;
  if (images * product(grid.size) === 0) {
    new Float32Array(engine().memory.buffer, output, elements).fill(0);
    return;
  }
  if (suitsWinograd(grid, 'weights')) return correlateByWinograd(grid, source, gradient, output);
  const perBlock = chooseChannels(grid, Math.max(8, Math.floor(mostTaps / taps)), positionsOf(grid));
  const blocks = {
    channels: perBlock,
    positions: choosePositions(grid, Math.ceil((perBlock * taps) / 8) * 8, fewItems),
  };
  const perSlice = groups * Math.ceil(channels / perBlock);
  const sliceImages = Math.max(1, Math.ceil(images / Math.ceil(fewItems / perSlice)));
  const slices = Math.ceil(images / sliceImages);
  const work = (sliceImages * product(grid.size) * perBlock * taps * (rows + 8)) / speed;
  temporary(slices > 1 ? 4 * elements * slices : 0, (partial) => {
    launchWith(grid, blocks, (geometry, scratch) => {
      const target = slices > 1 ? partial : output;
      launch('convolutionWeightGrad', [geometry, source, gradient, target, images, sliceImages], perSlice * slices, {
        work,
        scratch,
      });
    });
    if (slices > 1)
      launch('matmulSumSlices', [partial, output, elements, slices], Math.ceil(elements / 1024), {
        work: 512 * slices,
      });
  });
}

/** Whether each image is multiplied by the weights as it lies: 1×1, and its rows so near that no panel is packed. */
function isPlainProduct({ groups, rows, source, size, kernel, offset }: Grid): boolean {
  const isPointwise = product(kernel) === 1 && product(source) === product(size) && offset[0] === 0 && offset[1] === 0;
  return isPointwise && groups === 1 && rows > fewRows && 4 * product(size) <= nearRows;
}

/** A multiple of 8 positions whose panels of `taps` stay near; fewer when only `maps` can be shared among threads. */
function choosePositions(grid: Grid, taps: number, maps: number): number {
  const { size, rows } = grid;
  const positions = product(size);
  let most = positionsOf(grid);
  if (rows > fewRows) most = Math.max(8, Math.min(most, Math.floor(mostPacked / taps)));
  while (most > 32 && maps * Math.ceil(positions / most) < fewItems && most * taps * rows > 100_000) most /= 2;
  const blocks = Math.max(1, Math.ceil(positions / most));
  return Math.ceil(positions / blocks / 8) * 8;
}

function positionsOf({ rows }: Grid): number {
  return rows > fewRows ? mostPositions : mostPositionsOfFew;
}

/** `launchOn` with room for the panels. */
function launchWith(grid: Grid, blocks: Blocks, body: (geometry: number, scratch: number) => void): void {
  const { images, groups, channels, rows, size, kernel } = grid;
  const taps = Math.ceil((blocks.channels * product(kernel)) / 8) * 8;
  const panels = rows > fewRows ? 4 * blocks.positions * taps : 0;
  launchOn(grid, blocks, panels, images * groups * channels * rows * product(size) * product(kernel), body);
}
