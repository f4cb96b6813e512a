import type { Blocks } from './geometry.cpu.ts';
import type { Grid, Pair } from './problem.ts';
import { launch, temporary } from '../runtime/cpu/launch.ts';
import { chooseChannels, fewItems, launchOn, mostPacked, product } from './geometry.cpu.ts';

/** Of the transformed tiles. */
const places = 16;
const mostChannels = 32;
/** Rows whose sums are made at a time, as winogradTiles.as.ts has it. */
const mostRows = 64;
const leastPositions = 32;
/** Tiles behind the last one of a map that are written too, as winogradGrad.as.ts has it. */
const mostBehind = 7;
/** Of C · R / (C + R), for C channels and R rows: below it the transforms cost more than they spare. */
const leastDepth = { forward: 10, weights: 6 };
/** Of all images: fewer tiles are not worth the transform of the weights. */
const leastTiles = 96;
/** Multiplications a nanosecond, about. */
const speed = 20;

/** Whether winograd.as.ts and winogradGrad.as.ts can do it, and probably in less time than a product with what the taps see. */
export function suitsWinograd(grid: Grid, pass: keyof typeof leastDepth): boolean {
  const { images, channels, rows, size, kernel, stride, dilation } = grid;
  const isPlain = kernel.every((n) => n === 3) && product(stride) === 1;
  if (!isPlain || Math.abs(dilation[0]) !== 1 || dilation[0] !== dilation[1]) return false;
  const tiles = product(tilesOf(size));
  // Tiles are multiplied in eights, which are packed fast where they lie on two lines at most.
  const [, columns] = tilesOf(size);
  const isPacked = columns === 4 || columns >= 7;
  const sparesThird = 9 * product(size) >= 1.5 * places * Math.ceil(tiles / 8) * 8;
  const isDeep = channels * rows >= leastDepth[pass] * (channels + rows);
  return isPacked && sparesThird && isDeep && images * tiles >= leastTiles;
}

function tilesOf(size: Pair): Pair {
  return [Math.ceil(size[0] / 2), Math.ceil(size[1] / 2)];
}

/** The grid whose positions are the tiles of 2×2 results. */
function tileGrid(grid: Grid): Grid {
  const [y, x] = grid.offset.map((least, axis) => least + Math.min(0, 2 * grid.dilation[axis]!));
  return { ...grid, size: tilesOf(grid.size), kernel: [4, 4], stride: [2, 2], dilation: [1, 1], offset: [y!, x!] };
}

/** As `convolve`, for what suitsWinograd. */
export function convolveByWinograd(grid: Grid, source: number, weights: number, bias: number, output: number): void {
  const { images, groups, channels, rows, size, dilation } = grid;
  const tiles = tileGrid(grid);
  const positions = choosePositions(tiles, channels);
  const blocks = { channels: chooseChannels(tiles, mostChannels, positions), positions };
  const items = images * groups * Math.ceil(product(tiles.size) / positions);
  temporary(4 * places * groups * rows * channels, (transformed) => {
    const isTurned = Number(dilation[0] < 0);
    launch('winogradWeights', [weights, rows, channels, isTurned, transformed], groups * rows, { work: 40 * channels });
    launchTiles(tiles, blocks, channels, (geometry, scratch) => {
      const work = (places * positions * channels * (rows + 8)) / speed;
      launch('winogradForward', [geometry, source, transformed, bias, output, ...size], items, { work, scratch });
    });
  });
}

/** As `correlate`, for what suitsWinograd. */
export function correlateByWinograd(grid: Grid, source: number, gradient: number, output: number): void {
  const { images, groups, channels, rows, size } = grid;
  const tiles = tileGrid(grid);
  const positions = chooseSummed(tiles);
  const blocks = { channels: chooseChannels(tiles, mostChannels, positions), positions };
  const perSlice = groups * Math.ceil(rows / mostRows) * Math.ceil(channels / blocks.channels);
  const sliceImages = Math.ceil(images / Math.ceil(fewItems / perSlice));
  const slices = Math.ceil(images / sliceImages);
  const elements = places * groups * rows * channels;
  temporary(4 * elements * (slices > 1 ? slices + 1 : 1), (sums) => {
    const parts = slices > 1 ? sums + 4 * elements : sums;
    launchTiles(tiles, blocks, blocks.channels, (geometry, scratch) => {
      const work = (sliceImages * places * product(tiles.size) * blocks.channels * Math.min(rows, mostRows)) / speed;
      const args = [geometry, source, gradient, parts, ...size, images, sliceImages];
      launch('winogradWeightGrad', args, perSlice * slices, { work, scratch });
    });
    if (slices > 1) {
      const work = 512 * slices;
      launch('matmulSumSlices', [parts, sums, elements, slices], Math.ceil(elements / 1024), { work });
    }
    launch('winogradWeightsBack', [sums, rows, channels, output], groups * rows, { work: 60 * channels });
  });
}

/** As many tiles, of one or of several whole maps, as `choosePositions` would have near, a multiple of 8. */
function chooseSummed({ rows, size }: Grid): number {
  const tiles = product(size);
  const most = Math.floor((2 * mostPacked) / (places * (mostChannels + Math.min(rows, mostRows))));
  const positions = tiles < most ? Math.floor(most / tiles) * tiles + mostBehind : tiles / Math.ceil(tiles / most);
  return Math.ceil(positions / 8) * 8;
}

/** A multiple of 8 tiles whose values and sums stay near; fewer when only images can be shared among threads. */
function choosePositions({ images, groups, rows, size }: Grid, channels: number): number {
  const tiles = product(size);
  const perTile = places * (channels + Math.min(rows, mostRows));
  let most = Math.max(leastPositions, Math.floor((2 * mostPacked) / perTile));
  while (most > leastPositions && images * groups * Math.ceil(tiles / most) < fewItems) most /= 2;
  return Math.ceil(tiles / Math.ceil(tiles / most) / 8) * 8;
}

/** `launchOn` with room for what winograd.as.ts keeps behind the band; transformed values are of `channels` channels. */
function launchTiles(
  tiles: Grid,
  blocks: Blocks,
  channels: number,
  body: (geometry: number, scratch: number) => void,
): void {
  const { images, groups, rows, size } = tiles;
  const transformed = places * blocks.positions * (Math.ceil(channels / 8) * 8 + Math.min(rows, mostRows) + 1);
  const panels = 4 * (blocks.channels * places * 8 + transformed);
  launchOn(tiles, blocks, panels, images * groups * tiles.channels * rows * places * product(size), body);
}
