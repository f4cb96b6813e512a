// Which program computes a product of matrices with strides, and its launch.

import type { Dtype } from '../../tensor/dtype.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Loops } from '../runtime/collapse.ts';
import type { Reading } from './panel.webgpu.ts';
import type { Slices } from './slices.webgpu.ts';
import type { Tile } from './tile.webgpu.ts';
import { collapse } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { placeWords, places, storedType } from '../runtime/webgpu/types.ts';
import { leastChunk, sliceUp, throughSlices } from './slices.webgpu.ts';
import { matrixPanel, panelParams, readingOf } from './panel.webgpu.ts';
import { rowsParams, rowsTarget, wideType } from './target.webgpu.ts';
import { mostThin, thinRows, thinSource } from './thin.webgpu.ts';
import { invocationsOf, tiledSource } from './tile.webgpu.ts';

/** A matrix, or a grid of them: elements between neighbours along M (N), K, and the batch axes. */
export interface Operand {
  readonly tensor: Tensor;
  readonly outer: number;
  readonly k: number;
  readonly batch: Shape;
}

/** out [...batch, M, N] = a [M, K] · b [K, N] + bias [N], for each of the batch. `out` is contiguous. */
export interface Product {
  readonly a: Operand;
  readonly b: Operand;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: Shape;
  readonly out: Tensor;
  readonly bias?: Tensor | undefined;
}

/** Tiles with the share of the arithmetic's peak that they reach where there is work for all. */
export const tiles: readonly (readonly [Tile, number])[] = [
  [{ rows: 128, columns: 128, depth: 16, unrolled: 16, down: 8, across: 8 }, 1],
  [{ rows: 128, columns: 64, depth: 16, unrolled: 16, down: 8, across: 4 }, 0.8],
  [{ rows: 64, columns: 128, depth: 16, unrolled: 16, down: 4, across: 8 }, 0.8],
  [{ rows: 64, columns: 64, depth: 16, unrolled: 16, down: 8, across: 4 }, 0.65],
  [{ rows: 32, columns: 32, depth: 16, unrolled: 4, down: 4, across: 4 }, 0.4],
];
/** Products of fewer multiplications are no work for tiles. */
const small = 1 << 16;
/** Invocations that keep a large GPU busy. */
const wantedInvocations = 132 * 512;

/** The tile with which m × n × k products of `batches` take the least time; the sizes alone decide. */
export function chooseTile(m: number, n: number, k: number, batches: number, among = tiles): Tile {
  const time = ([tile, speed]: readonly [Tile, number]): number => {
    const count = Math.ceil(m / tile.rows) * Math.ceil(n / tile.columns) * batches;
    const busy = count * Math.max(1, Math.floor(k / leastChunk)) * invocationsOf(tile);
    return (count * tile.rows * tile.columns) / (speed * Math.min(1, busy / wantedInvocations));
  };
  return among.reduce((best, next) => (time(next) < time(best) ? next : best))[0];
}

/** The values of `whereParams`. */
export function whereWords(
  [m, n, k]: readonly [number, number, number],
  [down, across]: readonly [number, number],
  batches: number,
  { slices, chunk }: Slices,
): number[] {
  return [down * across * batches * slices, down, across, slices, chunk, m, n, k];
}

export function multiply(given: Product): void {
  const product = merged(given);
  const { m, n, batch } = product;
  if (m * n * batch.reduce((x, y) => x * y, 1) === 0) return;
  if (n <= mostThin || m * n * product.k * batchesOf(product) <= small) return multiplyThin(product, false);
  if (m <= mostThin) return multiplyThin({ ...product, a: product.b, b: product.a, m: n, n: m }, true);
  multiplyTiled(product, chooseTile(m, n, product.k, batchesOf(product)));
}

/** One matrix b for batches of rows that lie one after the other: they are the rows of one product. */
function merged(product: Product): Product {
  const { a, b, m, batch } = product;
  if (batch.some((size, axis) => size > 1 && b.batch[axis] !== 0)) return product;
  const { sizes, strides } = collapse([...batch, m], [[...a.batch, a.outer]]);
  if (sizes.length > 1) return product;
  const outer = sizes[0] === 1 ? a.outer : strides[0]![0]!;
  return { ...product, a: { ...a, outer, batch: [] }, b: { ...b, batch: [] }, m: sizes[0] ?? m, batch: [] };
}

function batchesOf({ batch }: Product): number {
  return batch.reduce((x, y) => x * y, 1);
}

function loopsOf({ a, b, batch }: Product): Loops {
  return collapse(batch, [a.batch, b.batch], 1);
}

/** The product by that tile, whatever its size. */
export function multiplyTiled(product: Product, tile: Tile): void {
  const { a, b, m, n, k, out, bias } = product;
  const loops = loopsOf(product);
  const grid = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)] as const;
  const batches = batchesOf(product);
  const slices = sliceUp(grid[0] * grid[1] * batches, k);
  // Small tiles are for small products, and those come in more kinds than is worth a program each.
  const general = tile.rows * tile.columns <= 1024;
  const reading = (x: Operand, outer: number, strides: readonly number[]): Reading => {
    const found = readingOf(x, { outer, k }, [x.tensor.offset, ...strides]);
    return { along: found.along, wide: found.wide && !general };
  };
  const readings = [reading(a, m, loops.strides[0]!), reading(b, n, loops.strides[1]!)] as const;
  const ends = general || k % tile.depth !== 0 || k === 0;
  const rank = loops.sizes.length;
  const where = places(rank, ['a', 'b']);
  throughSlices(slices, out, bias, (target, biasHere) => {
    const wide = !general && n % 4 === 0 && target.offset % 4 === 0;
    const dtypes = [a.tensor.dtype, target.dtype, biasHere?.dtype ?? null] as const;
    const type = (x: Dtype, isWide: boolean): string => (isWide ? wideType(storedType(x)) : storedType(x));
    const kinds = readings.map((reading) => `${reading.along}${reading.wide ? 4 : ''}`);
    launch(
      `matmul ${tile.rows}x${tile.columns} ${dtypes.join()} ${kinds.join()} ${ends} ${wide} rank ${rank}`,
      () =>
        tiledSource(
          'matmul',
          tile,
          [matrixPanel('a', dtypes[0], readings[0], ends), matrixPanel('b', dtypes[0], readings[1], ends)],
          rowsTarget(target.dtype, wide, dtypes[2]),
          {
            buffers: [
              ['a', type(a.tensor.dtype, readings[0].wide)],
              ['b', type(b.tensor.dtype, readings[1].wide)],
              ['c', type(target.dtype, wide), 'write'],
              ...(biasHere ? [['bias', storedType(biasHere.dtype)] as const] : []),
            ],
            params: [...rowsParams, ...panelParams('a'), ...panelParams('b'), ...where.params],
            places: where.code,
          },
        ),
      [a.tensor, b.tensor, target, ...(biasHere ? [biasHere] : [])],
      [
        ...whereWords([m, n, k], grid, batches, slices),
        ...[batches, biasHere?.strides[0] ?? 0, a.outer, a.k, b.outer, b.k],
        ...placeWords(loops),
      ],
      grid[0] * grid[1] * batches * slices.slices,
    );
  });
}

/** The product by rows; `turned` says that its rows are the columns of `out`. */
function multiplyThin(product: Product, turned: boolean): void {
  const { a, b, m, n, k, out, bias } = product;
  const loops = loopsOf(product);
  const batches = batchesOf(product);
  const { along, wide } = readingOf(a, { outer: m, k }, [a.tensor.offset, ...loops.strides[0]!]);
  const byVectors = wide && along === 'k';
  const columns = Math.min(n, mostThin);
  const grid = [Math.ceil(m / thinRows(along)), Math.ceil(n / columns)] as const;
  const slices = sliceUp(grid[0] * grid[1] * batches, k);
  const rank = loops.sizes.length;
  throughSlices(slices, out, bias, (target, biasHere) => {
    const dtypes = [a.tensor.dtype, target.dtype, biasHere?.dtype ?? null] as const;
    const biasStep = biasHere?.strides[0] ?? 0;
    launch(
      `matmul thin ${columns} ${dtypes.join()} ${along} ${byVectors} rank ${rank}`,
      () =>
        thinSource({
          along,
          wide: byVectors,
          columns,
          dtype: dtypes[0],
          outDtype: dtypes[1],
          bias: dtypes[2],
          places: places(rank, ['a', 'b']),
        }),
      [a.tensor, b.tensor, target, ...(biasHere ? [biasHere] : [])],
      [
        ...whereWords([m, n, k], grid, batches, slices),
        ...[a.outer, a.k, b.outer, b.k, turned ? 1 : n, turned ? m : 1, batches],
        ...(turned ? [biasStep, 0] : [0, biasStep]),
        ...placeWords(loops),
      ],
      grid[0] * grid[1] * batches * slices.slices,
    );
  });
}
