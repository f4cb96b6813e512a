import type { Grid, Pair } from './problem.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { blockScratch, multiplyWithRowBias, nearRows } from '../matmul/multiply.cpu.ts';
import { registerTile } from '../matmul/registerTile.cpu.ts';
import { launch, temporary } from '../runtime/cpu/launch.ts';

/** Channels and positions that a kernel handles at a time. */
interface Blocks {
  readonly channels: number;
  readonly positions: number;
}

/** Scratch memory begins with a block's. */
const placesAt = blockScratch;
const mostPositions = 512;
/** Groups of so few rows are convolved without panels (few.as.ts), so that more positions are handled at a time. */
const fewRows = 4;
const mostPositionsOfFew = 4096;
const mostTaps = 320;
/** Floats of panels, and of a band of source rows, that stay in the second-level cache. */
const mostPacked = 1 << 16;
/** Positions beyond the end of a line that a tile reads and does not use. */
const mostBeyond = 32;
const fewItems = 16;
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
  const perBlock = chooseChannels(grid, Math.floor(mostTaps / taps));
  const blocks = { channels: perBlock, positions: choosePositions(grid, perBlock * taps, images * groups) };
  const items = images * groups * Math.ceil(positions / blocks.positions);
  if (items * rows === 0) return;
  const work = (blocks.positions * channels * taps * (rows + 8)) / speed;
  launchOn(grid, blocks, (geometry, scratch) => {
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
  const perBlock = chooseChannels(grid, Math.max(8, Math.floor(mostTaps / taps)));
  const blocks = {
    channels: perBlock,
    positions: choosePositions(grid, Math.ceil((perBlock * taps) / 8) * 8, fewItems),
  };
  const perSlice = groups * Math.ceil(channels / perBlock);
  const sliceImages = Math.max(1, Math.ceil(images / Math.ceil(fewItems / perSlice)));
  const slices = Math.ceil(images / sliceImages);
  const work = (sliceImages * product(grid.size) * perBlock * taps * (rows + 8)) / speed;
  temporary(slices > 1 ? 4 * elements * slices : 0, (partial) => {
    launchOn(grid, blocks, (geometry, scratch) => {
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

function product([y, x]: Pair): number {
  return y * x;
}

/** As many channels as the band has room for, at most `wanted`. */
function chooseChannels(grid: Grid, wanted: number): number {
  const plane = bandRows(grid, positionsOf(grid)) * grid.stride[1] * bandRun(grid);
  return Math.max(1, Math.min(grid.channels, wanted, Math.floor(mostPacked / plane)));
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

/** Source rows that `positions` neighbouring positions see at most. */
function bandRows({ size: [height, width], stride, kernel, dilation }: Grid, positions: number): number {
  const lines = Math.min(height, Math.floor((positions + width - 2) / width) + 1);
  return (lines - 1) * stride[0] + (kernel[0] - 1) * Math.abs(dilation[0]) + 1;
}

/** Columns of equal remainder modulo the stride. */
function bandRun({ size, stride, kernel, dilation }: Grid): number {
  return size[1] + Math.floor(((kernel[1] - 1) * Math.abs(dilation[1])) / stride[1]) + 1;
}

/** Writes window.as.ts's Geometry where threads see it, and calls `body` with its address and the bytes of scratch. */
function launchOn(grid: Grid, blocks: Blocks, body: (geometry: number, scratch: number) => void): void {
  const { images, groups, channels, rows, source, size, kernel, stride, dilation, offset } = grid;
  const origin = offset.map((least, axis) => least + Math.min(0, (kernel[axis]! - 1) * dilation[axis]!));
  const run = bandRun(grid);
  const taps = blocks.channels * product(kernel);
  const bandAt = placesAt + align(4 * taps);
  const panelsAt =
    bandAt + align(4 * blocks.channels * bandRows(grid, blocks.positions) * stride[1] * run + 4 * mostBeyond);
  const scratch = panelsAt + (rows > fewRows ? 4 * blocks.positions * Math.ceil(taps / 8) * 8 : 0);
  const numbers = [
    channels,
    rows,
    groups,
    ...source,
    ...size,
    ...kernel,
    ...stride,
    ...dilation,
    ...origin,
    run,
    blocks.channels,
    blocks.positions,
    placesAt,
    bandAt,
    panelsAt,
    ...registerTile(images * groups * channels * rows * product(size) * product(kernel)),
  ];
  temporary(4 * numbers.length, (address) => {
    new Int32Array(engine().memory.buffer, address, numbers.length).set(numbers);
    body(address, scratch);
  });
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
