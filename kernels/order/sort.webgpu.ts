// Bitonic sorting networks. Legend as in sort.as.ts: lines along the middle axis of x [outer, n, inner], of which the first `take`
// elements in order are wanted. An element becomes a pair: its key, a u32 in the order of the elements, and its place in the line, so
// that no two pairs are equal and equals stay in their order.
//
// A workgroup sorts chunks of up to 2048 pairs in its own memory. A longer line takes several chunks: where few are wanted, the best
// of each chunk are what the next round sorts; else the line, padded to a power of two, is merged: by exchanges in the device's
// memory over distances of a chunk and more, then within chunks again. Pairs between dispatches: vec2u [lines, pairs of a line].

import type { Kernel } from '../../autograd/types.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { ProgramSource } from '../runtime/webgpu/program.ts';
import type { SortAttrs, TopkAttrs } from './sort.ts';
import { normalizeAxis, sizeOf } from '../../tensor/shape.ts';
import { lanes, powerOfTwo } from '../reduce/team.webgpu.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { storedType } from '../runtime/webgpu/types.ts';

/** Pairs in a workgroup's memory: 16 KiB, which every device has; shorter lines share a workgroup. */
const mostPairs = 2048;
const fewestPairs = 512;

interface Problem {
  readonly x: Tensor;
  readonly outputs: readonly [values: Tensor, indices: Tensor];
  readonly n: number;
  readonly inner: number;
  readonly lines: number;
  readonly take: number;
  readonly descending: boolean;
}

/** What a program does with its chunks. */
interface Stage {
  /** Pairs of a chunk, a power of two. */
  readonly size: number;
  /** Sort them, or merge what exchanges over longer distances have left. */
  readonly isMerge: boolean;
  /** Pairs that other dispatches left, `given` for each line; null: x itself. */
  readonly source: Tensor | null;
  readonly given: number;
  /** Where pairs go, `kept` of each chunk; null: they are the last, and become values and indices. */
  readonly target: Tensor | null;
  readonly kept: number;
  readonly chunks: number;
}

function launchSort(x: Tensor, axis: number, descending: boolean, outputs: readonly Tensor[]): void {
  const at = normalizeAxis('sort', axis, x.shape);
  const [n, take] = [x.shape[at]!, outputs[0]!.shape[at]!];
  const inner = sizeOf(x.shape.slice(at + 1));
  const [values, indices] = outputs as readonly [Tensor, Tensor];
  const problem = { x, outputs: [values, indices], n, inner, lines: x.size / n, take, descending } as const;
  if (n > mostPairs && 2 * take > mostPairs) return mergeSort(problem);
  select(problem, null, n);
}

/** Sorts chunks and keeps the first `take` of each, until one is left. */
function select(problem: Problem, source: Tensor | null, given: number): void {
  const { x, lines, take } = problem;
  const size = Math.min(powerOfTwo(given), mostPairs);
  const chunks = Math.ceil(given / size);
  const stage = { size, isMerge: false, source, given, kept: take, chunks };
  if (chunks === 1) return launchChunks(problem, { ...stage, target: null });
  const left = chunks * take;
  withTemporary(x, 'int32', [lines, left, 2], (target) => {
    launchChunks(problem, { ...stage, target });
    select(problem, target, left);
  });
}

function mergeSort(problem: Problem): void {
  const { x, lines, n } = problem;
  const given = powerOfTwo(n);
  const stage = { size: mostPairs, given, kept: mostPairs, chunks: given / mostPairs };
  withTemporary(x, 'int32', [lines, given, 2], (pairs) =>
    withTemporary(x, 'int32', [lines, given, 2], (others) => {
      launchChunks(problem, { ...stage, given: n, isMerge: false, source: null, target: pairs });
      let [here, there] = [pairs, others];
      for (let size = 2 * mostPairs; size <= given; size *= 2) {
        launchExchange(here, lines * given, size, true);
        for (let distance = size / 4; distance >= mostPairs; distance /= 2)
          launchExchange(here, lines * given, 2 * distance, false);
        const target = size === given ? null : there;
        launchChunks(problem, { ...stage, isMerge: true, source: here, target });
        [here, there] = [there, here];
      }
    }),
  );
}

function launchChunks(problem: Problem, stage: Stage): void {
  const { x, outputs, n, inner, lines, take, descending } = problem;
  const { size, isMerge, source, given, target, kept, chunks } = stage;
  const slots = Math.max(size, fewestPairs);
  const tensors = [...(source && target ? [] : [x]), ...(source ? [source] : []), ...(target ? [target] : outputs)];
  const key = `sort ${x.dtype} ${size} ${isMerge ? 'merge' : 'sort'} ${source ? 'of pairs' : ''} ${target ? 'to pairs' : ''}`;
  const words = [lines, n, inner, given, kept, chunks, take, descending ? 0xffffffff : 0];
  launch(key, () => chunkSource(x.dtype, stage), tensors, words, Math.ceil((lines * chunks * size) / slots));
}

/** Pairs `a` and `a + distance` of each `size`, or (mirrored) `a` and the pair as far from the end, are put in order. */
function launchExchange(pairs: Tensor, count: number, size: number, isMirrored: boolean): void {
  const other = isMirrored ? 'first + params.size - 1u - o' : 'first + o + half';
  const source: ProgramSource = {
    name: 'sort',
    buffers: [['pairs', 'vec2u', 'write']],
    params: [
      ['count', 'u32'],
      ['size', 'u32'],
    ],
    workgroupSize: [lanes],
    declarations: isAfter,
    body: `  let t = (group.y * groups.x + group.x) * ${lanes}u + lane;
  if (t >= params.count) { return; }
  let half = params.size / 2u;
  let o = t % half;
  let first = t / half * params.size;
  let a = pairs[first + o];
  let b = pairs[${other}];
  if (isAfter(a, b)) {
    pairs[first + o] = b;
    pairs[${other}] = a;
  }`,
  };
  launch(`sort exchange ${isMirrored}`, () => source, [pairs], [count / 2, size], Math.ceil(count / 2 / lanes));
}

const isAfter = `fn isAfter(a: vec2u, b: vec2u) -> bool { return a.x > b.x || (a.x == b.x && a.y > b.y); }`;

/** WGSL of `keyOf`: NaN above all, -0 as 0. */
function keyText(dtype: Dtype): string {
  const type = storedType(dtype);
  if (type === 'u32') return 'fn keyOf(x: u32) -> u32 { return x; }';
  if (type === 'i32') return 'fn keyOf(x: i32) -> u32 { return bitcast<u32>(x) ^ 0x80000000u; }';
  return `fn keyOf(x: ${type}) -> u32 {
  let bits = bitcast<u32>(f32(x));
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return 0xffffffffu; }
  if (magnitude == 0u) { return 0x80000000u; }
  return select(bits ^ 0x80000000u, ~bits, bits >= 0x80000000u);
}`;
}

function chunkSource(dtype: Dtype, { size, isMerge, source, target }: Stage): ProgramSource {
  const type = storedType(dtype);
  const slots = Math.max(size, fewestPairs);
  const load = source
    ? 'source[line * params.given + i]'
    : 'vec2u(keyOf(x[params.xOffset + placeOf(line, i, params.n)]) ^ params.turned, i)';
  const store = target
    ? `    if (line < params.lines && i < params.kept) { left[(line * params.chunks + chunk) * params.kept + i] = pairs[slot]; }`
    : `    let rank = chunk * ${size}u + i;
    if (line < params.lines && rank < params.take) {
      let place = pairs[slot].y;
      let to = placeOf(line, rank, params.take);
      values[params.valuesOffset + to] = x[params.xOffset + placeOf(line, place, params.n)];
      indices[params.indicesOffset + to] = i32(place);
    }`;
  const place = `    let unit = number * ${slots / size}u + slot / ${size}u;
    let line = unit / params.chunks;
    let chunk = unit - line * params.chunks;`;
  return {
    name: 'sort',
    buffers: [
      ...(source && target ? [] : [['x', type] as const]),
      ...(source ? [['source', 'vec2u'] as const] : []),
      ...(target
        ? [['left', 'vec2u', 'write'] as const]
        : [['values', type, 'write'] as const, ['indices', 'i32', 'write'] as const]),
    ],
    params: ['lines', 'n', 'inner', 'given', 'kept', 'chunks', 'take', 'turned'].map((name) => [name, 'u32'] as const),
    workgroupSize: [lanes],
    declarations: `var<workgroup> pairs: array<vec2u, ${slots}>;
${isAfter}
${keyText(dtype)}
fn placeOf(line: u32, k: u32, count: u32) -> u32 {
  let outer = line / params.inner;
  return (outer * count + k) * params.inner + line - outer * params.inner;
}
fn exchange(a: u32, b: u32) {
  let first = pairs[a];
  let second = pairs[b];
  if (isAfter(first, second)) {
    pairs[a] = second;
    pairs[b] = first;
  }
}`,
    body: `  let number = group.y * groups.x + group.x;
  for (var slot = lane; slot < ${slots}u; slot += ${lanes}u) {
${place}
    let i = chunk * ${size}u + slot % ${size}u;
    pairs[slot] = vec2u(0xffffffffu);
    if (line < params.lines && i < params.given) { pairs[slot] = ${load}; }
  }
${isMerge ? mergeText(slots, String(size / 2)) : sortText(size, slots)}
  workgroupBarrier();
  for (var slot = lane; slot < ${slots}u; slot += ${lanes}u) {
${place}
    let i = slot % ${size}u;
${store}
  }`,
  };
}

/** Exchanges over half the size, then half of that, down to neighbours. */
function mergeText(slots: number, first: string): string {
  return `  for (var distance = ${first}u; distance > 0u; distance /= 2u) {
    workgroupBarrier();
    for (var t = lane; t < ${slots / 2}u; t += ${lanes}u) {
      let a = t / distance * 2u * distance + t % distance;
      exchange(a, a + distance);
    }
  }`;
}

/** Runs of 2, 4 ... pairs, each from two that are in order: the second is met from its end. */
function sortText(size: number, slots: number): string {
  return `  for (var size = 2u; size <= ${size}u; size *= 2u) {
    workgroupBarrier();
    for (var t = lane; t < ${slots / 2}u; t += ${lanes}u) {
      let o = t % (size / 2u);
      let first = t / (size / 2u) * size;
      exchange(first + o, first + size - 1u - o);
    }
${mergeText(slots, 'size / 4')}
  }`;
}

export const sortWebgpu: Kernel<['x'], SortAttrs> = ({ x }, { axis, descending }, outputs) =>
  launchSort(x, axis, descending, outputs);

export const topkWebgpu: Kernel<['x'], TopkAttrs> = ({ x }, { axis, largest }, outputs) =>
  launchSort(x, axis, largest, outputs);
