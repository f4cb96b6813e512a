/**
 * The oracle: plain loops in float64. Who attends to whom is decided by distance from the window's leader, pair by pair,
 * as in NATTEN's mask for Flex attention; the kernels go by window start and end instead.
 *
 * Legend: B batch, *X token axes, T = ΠX tokens, N heads, D head dim.
 */

import type { NdArray } from '../../tensor/runtime.ts';
import type { PerAxis } from './problem.ts';

/** The attributes that the attention's ops share. */
export interface ReferenceOptions {
  kernelSize: PerAxis<number>;
  stride: PerAxis<number>;
  dilation: PerAxis<number>;
  isCausal: PerAxis<boolean>;
  scale: number | null;
}

interface Operands {
  query: NdArray;
  key: NdArray;
  value: NdArray;
}

/** output = Σⱼ pⱼ vⱼ with p = softmax(scale · q · k) over the neighbours; logsumexp = ln Σⱼ exp(scale · q · kⱼ). */
export function attentionReference({ query, key, value }: Operands, options: ReferenceOptions): [NdArray, NdArray] {
  const { heads, dim, lists, rows, scale } = layout(query, options);
  const output = new Float64Array(query.data.length);
  const logsumexp = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const keys = keyRows(lists, row, heads);
    const scores = keys.map((j) => scale * dot(query.data, row, key.data, j, dim));
    const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = scores.reduce((sum, s) => sum + Math.exp(s - largest), 0);
    logsumexp[row] = largest + Math.log(total);
    keys.forEach((j, n) => addRow(output, row, value.data, j, Math.exp(scores[n]! - largest) / total, dim));
  }
  return [
    { shape: query.shape, data: output },
    { shape: query.shape.slice(0, -1), data: logsumexp },
  ];
}

/** Gradients of query, key and value, given those of output and, if it was used, of logsumexp. */
export function attentionBackwardReference(
  {
    query,
    key,
    value,
    output,
    logsumexp,
    gradOutput,
    gradLogsumexp,
  }: Operands & {
    output: NdArray;
    logsumexp: NdArray;
    gradOutput: NdArray;
    gradLogsumexp: NdArray | undefined;
  },
  options: ReferenceOptions,
): [NdArray, NdArray, NdArray] {
  const { heads, dim, lists, rows, scale } = layout(query, options);
  const [gradQuery, gradKey, gradValue] = [0, 1, 2].map(() => new Float64Array(query.data.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < rows; row++) {
    const delta = dot(gradOutput.data, row, output.data, row, dim) - (gradLogsumexp?.data[row] ?? 0);
    for (const j of keyRows(lists, row, heads)) {
      const p = Math.exp(scale * dot(query.data, row, key.data, j, dim) - logsumexp.data[row]!);
      const ds = p * (dot(gradOutput.data, row, value.data, j, dim) - delta) * scale;
      addRow(gradValue, j, gradOutput.data, row, p, dim);
      addRow(gradQuery, row, key.data, j, ds, dim);
      addRow(gradKey, j, query.data, row, ds, dim);
    }
  }
  const shape = query.shape;
  return [
    { shape, data: gradQuery },
    { shape, data: gradKey },
    { shape, data: gradValue },
  ];
}

function layout({ shape }: NdArray, options: ReferenceOptions) {
  const [heads, dim] = shape.slice(-2) as [number, number];
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { heads, dim, rows, lists: neighbours(shape.slice(1, -2), options), scale: options.scale ?? dim ** -0.5 };
}

/** Token t's keys as token numbers: the product, over the axes, of each coordinate's neighbours. */
export function neighbours(tokens: readonly number[], options: ReferenceOptions): number[][] {
  const entry = <T>(value: PerAxis<T>, axis: number): T =>
    Array.isArray(value) ? (value as readonly T[])[axis]! : (value as T);
  let lists: number[][] = [[0]];
  tokens.forEach((length, axis) => {
    const [k, s, d, c] = [
      entry(options.kernelSize, axis),
      entry(options.stride, axis),
      entry(options.dilation, axis),
      entry(options.isCausal, axis),
    ];
    const coordinates = Array.from({ length }, (_, j) => j);
    const along = coordinates.map((i) => coordinates.filter((j) => attends(i, j, length, k, s, d, c)));
    lists = lists.flatMap((outer) => along.map((inner) => outer.flatMap((t) => inner.map((j) => t * length + j))));
  });
  return lists;
}

/** Whether query i sees key j on one axis: same dilation group, and near enough to the leader of i's stride group. */
function attends(
  i: number,
  j: number,
  length: number,
  kernelSize: number,
  stride: number,
  dilation: number,
  isCausal: boolean,
): boolean {
  const group = i % dilation;
  if (j % dilation !== group) return false;
  const [p, x] = [Math.floor(i / dilation), Math.floor(j / dilation)];
  let last = 0;
  while (group + (last + 1) * dilation < length) last++;
  const first = Math.floor(p / stride) * stride;
  if (isCausal) return x <= p && Math.min(first + stride - 1, last) - x < kernelSize;
  const left = Math.floor(kernelSize / 2);
  const right = kernelSize - left - 1;
  const leader = Math.min(first + Math.floor(stride / 2), last);
  const centre = Math.min(Math.max(leader, left), last - right);
  return x < centre ? centre - x <= left : x - centre <= right;
}

/** Rows of [B · T · N] that query row `row` attends to: same batch entry, same head. */
function keyRows(lists: readonly number[][], row: number, heads: number): number[] {
  const head = row % heads;
  const token = Math.floor(row / heads);
  const batchStart = token - (token % lists.length);
  return lists[token % lists.length]!.map((t) => (batchStart + t) * heads + head);
}

function dot(a: ArrayLike<number>, rowA: number, b: ArrayLike<number>, rowB: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a[rowA * dim + d]! * b[rowB * dim + d]!;
  return sum;
}

function addRow(
  target: Float64Array,
  rowTarget: number,
  source: ArrayLike<number>,
  rowSource: number,
  weight: number,
  dim: number,
): void {
  for (let d = 0; d < dim; d++) target[rowTarget * dim + d]! += weight * source[rowSource * dim + d]!;
}
