// Which program computes a convolution, or its gradient by the weights, and its launch.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Tile } from '../matmul/tile.webgpu.ts';
import type { Grid } from './problem.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';
import { chooseTile, tiles, whereWords } from '../matmul/product.webgpu.ts';
import { nothing } from '../matmul/epilogue.webgpu.ts';
import { sliceUp, throughSlices } from '../matmul/slices.webgpu.ts';
import { rowsParams, rowsTarget } from '../matmul/target.webgpu.ts';
import { tiledSource } from '../matmul/tile.webgpu.ts';
import { correlateSource, directLanes, directSource } from './direct.webgpu.ts';
import { mapsParams, mapsTarget } from './maps.webgpu.ts';
import { countedPanel, countedParams, gridParams, gridWords, windowPanel } from './window.webgpu.ts';

/** Where something lies, in elements: its first, and the distance of groups, rows, leads (channels or images), lines, columns. */
export interface Layout {
  readonly first: number;
  readonly group: number;
  readonly row: number;
  readonly lead: number;
  readonly y: number;
  readonly x: number;
}

/** Of [groups · rows, channels, height, width], contiguous: lead is the channel. */
export function weightLayout(rows: number, channels: number, height: number, width: number): Layout {
  const taps = height * width;
  return { first: 0, group: rows * channels * taps, row: channels * taps, lead: taps, y: width, x: 1 };
}

/** Of [images, groups · rows, height, width], contiguous: lead is the image. */
export function mapLayout(groups: number, rows: number, height: number, width: number): Layout {
  const plane = height * width;
  return { first: 0, group: rows * plane, row: plane, lead: groups * rows * plane, y: width, x: 1 };
}

/** Convolutions of fewer multiplications are no work for tiles, nor are those with fewer rows a group. */
const small = 1 << 17;
const fewRows = 5;
/** The largest tile's sums and the places of its positions do not fit the registers of two workgroups. */
const convolutionTiles = tiles.filter(([{ rows, columns }]) => rows * columns < 128 * 128);

function lengthsOf({ images, channels, rows, size, kernel }: Grid): [m: number, positions: number, taps: number] {
  return [rows, images * size[0] * size[1], channels * kernel[0] * kernel[1]];
}

/** Statements that set where the matrices of group `i` begin, and their parameters. */
const groupCode = `  let aAt = params.aOffset + params.aFirst + i * params.aGroup;
  let bAt = params.bOffset + i * params.bGroup;`;
const groupParams = (['aFirst', 'aGroup', 'bGroup'] as const).map((name) => [name, 'u32'] as const);

function operandWords(grid: Grid, a: Layout): number[] {
  const { channels, source } = grid;
  const ofGroup = [a.first, a.group, channels * source[0] * source[1]];
  return [...ofGroup, a.row, a.lead, a.y, a.x, ...gridWords(grid)];
}

/** out = weights ⋆ source + bias [groups · rows]. */
export function convolve(
  grid: Grid,
  source: Tensor,
  [weights, a]: readonly [Tensor, Layout],
  bias: Tensor | undefined,
  [out, c]: readonly [Tensor, Layout],
): void {
  const [m, n, k] = lengthsOf(grid);
  if (grid.groups * m * n === 0) return;
  const tensors = [weights, source, out, ...(bias ? [bias] : [])];
  const [type, biasType] = [storedType(out.dtype), bias && storedType(bias.dtype)];
  const buffers = [
    ['a', type],
    ['b', type],
    ['c', type, 'write'],
    ...(biasType ? [['bias', biasType] as const] : []),
  ] as const;
  const params = [...groupParams, ...countedParams, ...gridParams, ...mapsParams];
  const words = [...operandWords(grid, a), c.first, c.group, c.row, c.lead, c.y, c.x, bias?.strides[0] ?? 0];
  const kind = `${type} ${biasType ?? ''}`;
  if (m < fewRows || grid.groups * m * n * k <= small) {
    const source = () => directSource({ buffers, params, places: groupCode }, type, bias !== undefined);
    const count = grid.groups * m * n;
    return launch(`conv2d direct ${kind}`, source, tensors, [count, m, n, k, ...words], Math.ceil(count / directLanes));
  }
  const tile = chooseTile(m, n, k, grid.groups, convolutionTiles);
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const whole = { slices: 1, chunk: k };
  launch(
    `conv2d ${tile.rows}x${tile.columns} ${kind}`,
    () => {
      const registers = type === 'f16' ? 'vec4h' : 'vec4f';
      const panels = [countedPanel('tap', registers), windowPanel('position', registers)] as const;
      return tiledSource('conv2d', tile, panels, mapsTarget(type, bias !== undefined), {
        buffers,
        params,
        places: groupCode,
      });
    },
    tensors,
    [...whereWords([m, n, k], [down, across], grid.groups, whole), ...words],
    down * across * grid.groups,
  );
}

/** out [groups · rows, channels, *kernel] = Σ over images and positions of gradient · what taps see of the source. */
export function correlate(grid: Grid, source: Tensor, [gradient, a]: readonly [Tensor, Layout], out: Tensor): void {
  const { groups } = grid;
  const [m, k, n] = lengthsOf(grid);
  if (groups * m * n === 0) return;
  const isDirect = m < fewRows || groups * m * n * k <= small;
  const tile: Tile = isDirect
    ? { rows: 1, columns: 1, invocations: directLanes, depth: 1, down: 1, across: 1 }
    : chooseTile(m, n, k, groups, convolutionTiles);
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const slices = sliceUp(down * across * groups, k);
  throughSlices(slices, out, nothing, (target) => {
    const [type, outType] = [storedType(gradient.dtype), storedType(target.dtype)];
    const registers = type === 'f16' ? 'vec4h' : 'vec4f';
    const parts = {
      buffers: [
        ['a', type],
        ['b', type],
        ['c', outType, 'write'],
      ] as const,
      params: [...rowsParams, ...groupParams, ...countedParams, ...gridParams],
      places: groupCode,
    };
    const goal = rowsTarget(target.dtype, false);
    launch(
      `conv2dWeightGrad ${tile.rows}x${tile.columns} ${type} ${outType}`,
      () =>
        isDirect
          ? correlateSource(parts, goal)
          : tiledSource(
              'conv2dWeightGrad',
              tile,
              [countedPanel('position', registers), windowPanel('tap', registers)],
              goal,
              parts,
            ),
      [gradient, source, target],
      [...whereWords([m, n, k], [down, across], groups, slices), groups, 0, ...operandWords(grid, a)],
      down * across * groups * slices.slices,
    );
  });
}
