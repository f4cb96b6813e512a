// What convolution.as.ts and winograd.as.ts are told of a grid: window.as.ts's Geometry, and how much of it is near.

import type { Grid, Pair } from './problem.ts';
import { blockScratch } from '../matmul/multiply.cpu.ts';
import { registerTile } from '../matmul/registerTile.cpu.ts';
import { engine } from '../runtime/cpu/instance.ts';
import { temporary } from '../runtime/cpu/launch.ts';

/** Channels and positions that a kernel handles at a time. */
export interface Blocks {
  readonly channels: number;
  readonly positions: number;
}

/** Scratch memory begins with a block's. */
const placesAt = blockScratch;
/** Floats of panels, and of a band of source rows, that stay in the second-level cache. */
export const mostPacked = 1 << 16;
/** Positions beyond the end of a line that a tile reads and does not use. */
const mostBeyond = 32;
/** Enough items to keep some threads busy to the end. */
export const fewItems = 16;

export function product([y, x]: Pair): number {
  return y * x;
}

/** At most `wanted` channels, as many as the band of `positions` positions has room for. */
export function chooseChannels(grid: Grid, wanted: number, positions: number): number {
  const plane = bandRows(grid, positions) * grid.stride[1] * bandRun(grid);
  return Math.max(1, Math.min(grid.channels, wanted, Math.floor(mostPacked / plane)));
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

/**
 * Writes a Geometry where threads see it, and calls `body` with its address and the bytes of scratch memory.
 *
 * @param panels bytes behind the band
 * @param multiplications of the whole launch
 */
export function launchOn(
  grid: Grid,
  blocks: Blocks,
  panels: number,
  multiplications: number,
  body: (geometry: number, scratch: number) => void,
): void {
  const { groups, channels, rows, source, size, kernel, stride, dilation, offset } = grid;
  const origin = offset.map((least, axis) => least + Math.min(0, (kernel[axis]! - 1) * dilation[axis]!));
  const run = bandRun(grid);
  const taps = blocks.channels * product(kernel);
  const bandAt = placesAt + align(4 * taps);
  const panelsAt =
    bandAt + align(4 * blocks.channels * bandRows(grid, blocks.positions) * stride[1] * run + 4 * mostBeyond);
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
    ...registerTile(multiplications),
  ];
  temporary(4 * numbers.length, (address) => {
    new Int32Array(engine().memory.buffer, address, numbers.length).set(numbers);
    body(address, panelsAt + panels);
  });
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
