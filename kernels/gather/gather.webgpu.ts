// Legend as in gather.as.ts: x [outer, n, inner] for gathers, y [outer, n, inner] for scatterAdd. No index is checked here,
// since that would wait for the device: one out of range gives NaN (0 in integers and bools), or is left out of the sums.

import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { collapse } from '../runtime/collapse.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { placeWords, places, storedType } from '../runtime/webgpu/types.ts';
import { normal, packed, sharedIndex } from './rows.ts';

const lanes = 256;

interface Choice {
  /** Strides of x and index over y's axes: x's are 0 where the index chooses. */
  readonly strides: readonly [x: Shape, index: Shape];
  /** Between the elements of x that it chooses from, and how many they are. */
  readonly step: number;
  readonly size: number;
}

/** y = x at the place that the index names. */
function launchGather(x: Tensor, index: Tensor, y: Tensor, { strides, step, size }: Choice): void {
  const loops = collapse(y.shape, [...strides, y.strides]);
  const rank = loops.sizes.length;
  const type = storedType(x.dtype);
  const { params, code } = places(rank, ['x', 'index', 'y']);
  const wrong = type === 'f32' || type === 'f16' ? `${type}(bitcast<f32>(chosen | 0x7fc00000u))` : `${type}(0)`;
  const source = {
    name: 'gather',
    buffers: [
      ['x', type],
      ['index', 'i32'],
      ['y', type, 'write'],
    ],
    params: [['count', 'u32'], ['step', 'u32'], ['size', 'u32'], ...params],
    workgroupSize: [lanes],
    body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
${code}
  let chosen = u32(index[indexAt]);
  if (chosen < params.size) { y[yAt] = x[xAt + chosen * params.step]; }
  else { y[yAt] = ${wrong}; }`,
  } as const;
  const words = [y.size, step, size, ...placeWords(loops)];
  launch(`gather ${type} ${rank}`, () => source, [x, index, y], words, Math.ceil(y.size / lanes));
}

export const gatherWebgpu: Kernel<['x', 'index:int'], { axis: number }> = acceptsStrides(({ x, index }, attrs, [y]) => {
  const axis = normal(attrs.axis, x.rank);
  const strides = [x.strides.with(axis, 0), index.strides] as const;
  launchGather(x, index, y!, { strides, step: x.strides[axis]!, size: x.shape[axis]! });
});

export const embeddingWebgpu: Kernel<['weight', 'index:int']> = acceptsStrides(({ weight, index }, _attrs, [y]) => {
  const [step, along] = weight.strides as [number, number];
  const strides = [
    [...index.shape.map(() => 0), along],
    [...index.strides, 0],
  ] as const;
  launchGather(weight, index, y!, { strides, step, size: weight.shape[0]! });
});

/** Each element of y looks through the m indices of its column: with one column only, or an index for each. */
const elementSums = `  let e = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (e >= params.count) { return; }
  let column = e % params.inner;
  let row = e / params.inner;
  let outer = row / params.n;
  let wanted = i32(row - outer * params.n);
  var at = outer * params.m * params.inner + column;
  var sum = 0.0;
  for (var k = 0u; k < params.m; k++) {
    if (index[params.indexOffset + at] == wanted) { sum += f32(x[params.xOffset + at]); }
    at += params.inner;
  }
  y[params.yOffset + e] = stored(sum);`;

/**
 * A workgroup for 256 columns of a row of y, whose m indices all columns share: it marks those that name the row, 1024 at
 * a time, then every lane adds the marked rows in order.
 */
const rowSums = `  let item = group.y * groups.x + group.x;
  let row = item / params.strips;
  let column = (item - row * params.strips) * ${lanes}u + lane;
  let outer = row / params.n;
  let wanted = i32(row - outer * params.n);
  let first = outer * params.m;
  var sum = 0.0;
  for (var begin = 0u; begin < params.m; begin += 1024u) {
    if (lane < 32u) { atomicStore(&marks[lane], 0u); }
    workgroupBarrier();
    for (var part = 0u; part < 4u; part++) {
      let k = begin + part * ${lanes}u + lane;
      if (row < params.rows && k < params.m && index[params.indexOffset + first + k] == wanted) {
        atomicOr(&marks[part * 8u + lane / 32u], 1u << (lane % 32u));
      }
    }
    workgroupBarrier();
    for (var word = 0u; word < 32u; word++) {
      var bits = atomicLoad(&marks[word]);
      while (bits != 0u) {
        let k = begin + word * 32u + firstTrailingBit(bits);
        bits &= bits - 1u;
        if (column < params.inner) { sum += f32(x[params.xOffset + (first + k) * params.inner + column]); }
      }
    }
    workgroupBarrier();
  }
  if (column < params.inner && row < params.rows) { y[params.yOffset + row * params.inner + column] = stored(sum); }`;

export const scatterAddWebgpu: Kernel<['x', 'index:int'], { axis: number; size: number }> = acceptsStrides(
  ({ x, index }, { axis: given, size }, [y]) =>
    scope(() => {
      const axis = normal(given, x.rank);
      const m = x.shape[axis]!;
      const inner = sizeOf(x.shape.slice(axis + 1));
      const shared = inner > 1 ? sharedIndex(index, axis) : null;
      const type = storedType(x.dtype);
      const strips = Math.ceil(inner / lanes);
      const rows = y!.size / inner;
      const source = {
        name: 'scatterAdd',
        buffers: [
          ['x', type],
          ['index', 'i32'],
          ['y', type, 'write'],
        ],
        params: (['count', 'n', 'm', 'inner', 'strips', 'rows'] as const).map((name) => [name, 'u32'] as const),
        workgroupSize: [lanes],
        declarations: `alias stored = ${type};${shared ? '\nvar<workgroup> marks: array<atomic<u32>, 32>;' : ''}`,
        body: shared ? rowSums : elementSums,
      } as const;
      launch(
        `scatterAdd ${type} ${!!shared}`,
        () => source,
        [packed(x), packed(shared ?? index), y!],
        [y!.size, size, m, inner, strips, rows],
        shared ? rows * strips : Math.ceil(y!.size / lanes),
      );
    }),
);

export const oneHotWebgpu: Kernel<['index:int'], { classes: number }> = ({ index }, { classes }, [y]) => {
  const source = {
    name: 'oneHot',
    buffers: [
      ['index', 'i32'],
      ['y', 'i32', 'write'],
    ],
    params: [
      ['count', 'u32'],
      ['classes', 'u32'],
    ],
    workgroupSize: [lanes],
    body: `  let i = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (i >= params.count) { return; }
  let row = i / params.classes;
  y[params.yOffset + i] = select(0, 1, index[params.indexOffset + row] == i32(i - row * params.classes));`,
  } as const;
  launch('oneHot', () => source, [index, y!], [y!.size, classes], Math.ceil(y!.size / lanes));
};
