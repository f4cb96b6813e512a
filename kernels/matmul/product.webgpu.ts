// Which program computes a product of matrices with strides, and its launch.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Operand, Product } from './operands.webgpu.ts';
import type { Reading } from './panel.webgpu.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { WebgpuRuntime } from '../runtime/webgpu/runtime.ts';
import type { Epilogue } from './epilogue.webgpu.ts';
import type { Slices } from './slices.webgpu.ts';
import type { Unit, UnitSizes, UnitTile } from './matrixUnit.webgpu.ts';
import type { Target } from './target.webgpu.ts';
import type { Parts, Tile } from './tile.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { placeWords, places, storedType } from '../runtime/webgpu/types.ts';
import { leastChunk, sliceUp, throughSlices } from './slices.webgpu.ts';
import { batchesOf, loopsOf, merged } from './operands.webgpu.ts';
import { matrixPanel, panelParams, readingOf } from './panel.webgpu.ts';
import { rowsParams, rowsTarget, wideType } from './target.webgpu.ts';
import { hasEnd, isWhole, sizesOf, unitOf, unitTiles } from './matrixUnit.webgpu.ts';
import { unitSource } from './subgroupMatrix.webgpu.ts';
import { mostThin, thinRows, thinSource } from './thin.webgpu.ts';
import { tiledSource } from './tile.webgpu.ts';

/** Tiles with the share of the arithmetic's peak that they reach where there is work for all. */
export const tiles: readonly (readonly [Tile, number])[] = [
  [{ rows: 128, columns: 128, invocations: 256, depth: 16, down: 8, across: 8 }, 1],
  [{ rows: 128, columns: 64, invocations: 256, depth: 16, down: 8, across: 4 }, 0.8],
  [{ rows: 64, columns: 128, invocations: 256, depth: 16, down: 4, across: 8 }, 0.8],
  [{ rows: 64, columns: 64, invocations: 128, depth: 16, down: 8, across: 4 }, 0.65],
  [{ rows: 32, columns: 32, invocations: 64, depth: 16, down: 4, across: 4 }, 0.45],
];
/** Products of fewer multiplications are no work for tiles. */
const small = 1 << 16;
/** Invocations that keep a large GPU busy. */
const wantedInvocations = 132 * 512;

/** What a workgroup of so many invocations computes. */
interface Block {
  readonly rows: number;
  readonly columns: number;
  readonly invocations: number;
}

/** The tile with which m × n × k products of `batches` take the least time; the sizes alone decide. */
export function chooseTile<T extends Block>(
  m: number,
  n: number,
  k: number,
  batches: number,
  among: readonly (readonly [T, number])[],
): T {
  const time = ([{ rows, columns, invocations }, speed]: readonly [T, number]): number => {
    const count = Math.ceil(m / rows) * Math.ceil(n / columns) * batches;
    const busy = count * Math.max(1, Math.floor(k / leastChunk)) * invocations;
    return (count * rows * columns) / (speed * Math.min(1, busy / wantedInvocations));
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
  const { m, n } = product;
  if (m * n * batchesOf(product) === 0) return;
  if (n <= mostThin || isSmall(product)) return multiplyThin(product, false);
  if (m <= mostThin) return multiplyThin({ ...product, a: product.b, b: product.a, m: n, n: m }, true);
  const unit = unitFor(product);
  if (unit) return multiplyByUnit(product, unit);
  multiplyTiled(product, chooseTile(m, n, product.k, batchesOf(product), tiles));
}

/** Whether `multiply` can sum a's rows on its way: by tiles, and by the unit where rows lie side by side. */
export function takesSums(given: Product): boolean {
  const product = merged(given);
  if (Math.min(product.m, product.n) <= mostThin || isSmall(product)) return false;
  return !unitFor(product) || readingsOf(product, 8)[0].along === 'outer';
}

function isSmall(product: Product): boolean {
  return product.m * product.n * product.k * batchesOf(product) <= small;
}

function unitFor(product: Product): Unit | null {
  const unit = unitOf(product.out.storage.runtime as WebgpuRuntime);
  return unit && fitsUnit(product) ? unit : null;
}

/** The product by that tile, whatever its size. */
export function multiplyTiled(product: Product, tile: Tile): void {
  const { a, b, n, k } = product;
  // Small tiles are for small products, and those come in more kinds than is worth a program each.
  const general = tile.rows * tile.columns <= 1024;
  const [ofA, ofB] = readingsOf(product, 4).map(({ along, wide }) => ({ along, wide: wide && !general }));
  const ends = general || k % tile.depth !== 0 || k === 0;
  const type = ({ tensor }: Operand, { wide }: Reading): string =>
    wide ? wideType(storedType(tensor.dtype)) : storedType(tensor.dtype);
  const kinds = [ofA!, ofB!].map(({ along, wide }) => `${along}${wide ? 4 : ''}`);
  launchTiles(product, {
    ...tile,
    key: `${tile.rows}x${tile.columns} ${kinds.join()} ${ends}`,
    elements: [type(a, ofA!), type(b, ofB!)],
    wide: !general && n % 4 === 0,
    source: (target, parts) => {
      const panels = [
        matrixPanel('a', a.tensor.dtype, ofA!, ends),
        matrixPanel('b', b.tensor.dtype, ofB!, ends),
      ] as const;
      return tiledSource('matmul', tile, panels, target, parts);
    },
  });
}

/** Whether operands are halves that can be read eight at a time, which is how they are brought to the unit. */
export function fitsUnit(product: Product): boolean {
  const { a, b } = product;
  const areHalves = a.tensor.dtype === 'float16' && b.tensor.dtype === 'float16';
  return areHalves && readingsOf(product, 8).every(({ wide }) => wide);
}

/** The product by the matrix units of subgroups. */
export function multiplyByUnit(product: Product, unit: Unit, given?: UnitTile): void {
  const { m, n, k } = product;
  const choices = unitTiles
    .filter(([tile]) => isWhole(unit, tile))
    .map(([tile, speed]): readonly [UnitTile & UnitSizes, number] => [{ ...tile, ...sizesOf(unit, tile) }, speed]);
  const tile = given ? { ...given, ...sizesOf(unit, given) } : chooseTile(m, n, k, batchesOf(product), choices);
  const alongs = readingsOf(product, 8).map(({ along }) => along) as [Reading['along'], Reading['along']];
  const ends = hasEnd(k);
  launchTiles(product, {
    ...tile,
    key: `unit ${tile.rows}x${tile.columns} ${alongs.join()} ${ends}`,
    elements: ['vec4u', 'vec4u'],
    wide: n % 4 === 0,
    source: (target, parts) => unitSource(unit, tile, alongs, ends, target, parts),
  });
}

function readingsOf(product: Product, width: number): [Reading, Reading] {
  const { a, b, m, n, k } = product;
  const [ofA, ofB] = loopsOf(product).strides as [number[], number[]];
  return [
    readingOf(a, { outer: m, k }, [a.tensor.offset, ...ofA], width),
    readingOf(b, { outer: n, k }, [b.tensor.offset, ...ofB], width),
  ];
}

/** A program whose workgroups compute rows × columns of C. */
interface Tiled {
  readonly key: string;
  readonly rows: number;
  readonly columns: number;
  /** WGSL types in which a and b are read. */
  readonly elements: readonly [string, string];
  /** C may be written by vec4. */
  readonly wide: boolean;
  readonly source: (target: Target, parts: Parts) => ProgramSource;
}

function launchTiles(product: Product, { key, rows, columns, elements, wide, source }: Tiled): void {
  const { a, b, m, n, k, out, sums } = product;
  const loops = loopsOf(product);
  const batches = batchesOf(product);
  const grid = [Math.ceil(m / rows), Math.ceil(n / columns)] as const;
  const slices = sliceUp(grid[0] * grid[1] * batches, k);
  const rank = loops.sizes.length;
  const work = (target: Tensor, { bias, activation }: Epilogue): void => {
    const isWide = wide && target.offset % 4 === 0 && (!sums || m % 4 === 0);
    const [type, biasType] = [storedType(target.dtype), bias && storedType(bias.dtype)];
    const dtypes = [storedType(a.tensor.dtype), type, biasType ?? ''];
    launch(
      `matmul ${key} ${dtypes.join()} ${isWide} rank ${rank}${sums ? ' and sums' : ''} ${activation}`,
      () => {
        const where = places(rank, ['a', 'b']);
        const ending = { bias: bias?.dtype, activation };
        return source(rowsTarget(target.dtype, isWide, ending, sums !== undefined), {
          buffers: [
            ['a', elements[0]],
            ['b', elements[1]],
            ['c', isWide ? wideType(type) : type, 'write'],
            ...(biasType ? [['bias', biasType] as const] : []),
          ],
          params: [...rowsParams, ...panelParams('a'), ...panelParams('b'), ...where.params],
          places: where.code,
        });
      },
      [a.tensor, b.tensor, target, ...(bias ? [bias] : [])],
      [
        ...whereWords([m, n, k], grid, batches, slices),
        batches,
        bias?.strides[0] ?? 0,
        a.outer,
        a.k,
        b.outer,
        b.k,
        ...placeWords(loops),
      ],
      grid[0] * grid[1] * batches * slices.slices,
    );
  };
  throughSlices(slices, out, epilogueOf(product), work, sums);
}

function epilogueOf({ bias, activation = 'none' }: Product): Epilogue {
  return { bias, activation };
}

/** The product by rows; `turned` says that its rows are the columns of `out`. */
function multiplyThin(product: Product, turned: boolean): void {
  const { a, b, m, n, k, out } = product;
  const loops = loopsOf(product);
  const batches = batchesOf(product);
  const { along, wide } = readingOf(a, { outer: m, k }, [a.tensor.offset, ...loops.strides[0]!]);
  const byVectors = wide && along === 'k';
  const columns = Math.min(n, mostThin);
  const grid = [Math.ceil(m / thinRows(along)), Math.ceil(n / columns)] as const;
  const slices = sliceUp(grid[0] * grid[1] * batches, k);
  const rank = loops.sizes.length;
  throughSlices(slices, out, epilogueOf(product), (target, { bias, activation }) => {
    const dtypes = [a.tensor.dtype, target.dtype, bias?.dtype ?? null] as const;
    const biasStep = bias?.strides[0] ?? 0;
    launch(
      `matmul thin ${columns} ${dtypes.join()} ${along} ${byVectors} rank ${rank} ${activation}`,
      () =>
        thinSource({
          along,
          wide: byVectors,
          columns,
          dtype: dtypes[0],
          outDtype: dtypes[1],
          bias: dtypes[2],
          activation,
          places: places(rank, ['a', 'b']),
        }),
      [a.tensor, b.tensor, target, ...(bias ? [bias] : [])],
      [
        ...whereWords([m, n, k], grid, batches, slices),
        a.outer,
        a.k,
        b.outer,
        b.k,
        turned ? 1 : n,
        turned ? m : 1,
        batches,
        ...(turned ? [biasStep, 0] : [0, biasStep]),
        ...placeWords(loops),
      ],
      grid[0] * grid[1] * batches * slices.slices,
    );
  });
}
