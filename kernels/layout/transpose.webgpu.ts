import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import { collapse } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { places, storedType } from '../runtime/webgpu/types.ts';

/** Rows and columns of a tile; fewer along an axis are not worth one. */
const side = 32;
const least = 12;

/**
 * Copies x [*] into out [*] where they have their neighbours along different axes, by tiles that are read along the one
 * and written along the other. False, with nothing done, where that is not so.
 */
export function copyTransposed(x: Tensor, out: Tensor): boolean {
  const { sizes, strides } = collapse(out.shape, [x.strides, out.strides]);
  const [ofX, ofOut] = strides as [number[], number[]];
  const [a, b] = [ofX.lastIndexOf(1), ofOut.lastIndexOf(1)];
  if (a < 0 || b < 0 || a === b || sizes[a]! < least || sizes[b]! < least) return false;
  const others = sizes.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b);
  const pick = (numbers: readonly number[]): number[] => others.map((axis) => numbers[axis]!);
  const tiles = [a, b].map((axis) => Math.ceil(sizes[axis]! / side)) as [number, number];
  const batch = pick(sizes).reduce((product, n) => product * n, 1);
  const type = storedType(x.dtype);
  const words = [batch, sizes[a]!, sizes[b]!, ...tiles, ofX[b]!, ofOut[a]!];
  launch(
    `transpose ${type} ${others.length}`,
    () => sourceOf(type, others.length),
    [x, out],
    [...words, ...pick(sizes), ...pick(ofX), ...pick(ofOut)],
    batch * tiles[0] * tiles[1],
  );
  return true;
}

/** x has its neighbours along axis a, out along axis b; `rank` other axes. A row of the tile has a word too many, for the banks. */
function sourceOf(type: string, rank: number): ProgramSource {
  const { params, code } = places(rank, ['x', 'out']);
  const names = ['batch', 'aSize', 'bSize', 'aTiles', 'bTiles', 'xStep', 'outStep'] as const;
  return {
    name: 'transpose',
    buffers: [
      ['x', type],
      ['out', type, 'write'],
    ],
    params: [...names.map((name) => [name, 'u32'] as const), ...params],
    workgroupSize: [8 * side],
    declarations: `var<workgroup> tile: array<${type}, ${side * (side + 1)}>;`,
    body: `  let number = group.y * groups.x + group.x;
  let line = number / params.bTiles;
  let i = line / params.aTiles;
  let aFirst = (line - i * params.aTiles) * ${side}u;
  let bFirst = (number - line * params.bTiles) * ${side}u;
${code}
  let along = lane % ${side}u;
  let across = lane / ${side}u;
  for (var k = across; k < ${side}u; k += 8u) {
    let a = aFirst + along;
    let b = bFirst + k;
    if (i < params.batch && a < params.aSize && b < params.bSize) {
      tile[k * ${side + 1}u + along] = x[xAt + a + b * params.xStep];
    }
  }
  workgroupBarrier();
  for (var k = across; k < ${side}u; k += 8u) {
    let a = aFirst + k;
    let b = bFirst + along;
    if (i < params.batch && a < params.aSize && b < params.bSize) {
      out[outAt + a * params.outStep + b] = tile[along * ${side + 1}u + k];
    }
  }`,
  };
}
