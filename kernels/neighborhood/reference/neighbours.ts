/**
 * Who attends to whom, by distance from the window's leader, pair by pair, as in NATTEN's mask for Flex attention; the
 * kernels go by window start and end instead.
 */

import type { PerAxis } from '../problem.ts';

export interface ReferenceProblem {
  kernelSize: PerAxis<number>;
  stride: PerAxis<number>;
  dilation: PerAxis<number>;
  isCausal: PerAxis<boolean>;
}

/** A key that a query sees. */
export interface Neighbour {
  /** Its token number. */
  token: number;
  /** Its place among the query's ΠK slots. */
  slot: number;
  /** The place of its offset from the query among the Π(2K − 1) entries of one head's bias. */
  bias: number;
}

/** One axis of a problem. */
interface Rule {
  length: number;
  kernelSize: number;
  stride: number;
  dilation: number;
  isCausal: boolean;
}

/** Token t's neighbours: the product, over the axes, of each coordinate's neighbours. */
export function neighboursOf(tokens: readonly number[], problem: ReferenceProblem): Neighbour[][] {
  let lists: Neighbour[][] = [[{ token: 0, slot: 0, bias: 0 }]];
  tokens.forEach((length, axis) => {
    const kernelSize = entry(problem.kernelSize, axis);
    const along = neighboursAlong({
      length,
      kernelSize,
      stride: entry(problem.stride, axis),
      dilation: entry(problem.dilation, axis),
      isCausal: entry(problem.isCausal, axis),
    });
    const joined = (outer: Neighbour, inner: Neighbour): Neighbour => ({
      token: outer.token * length + inner.token,
      slot: outer.slot * kernelSize + inner.slot,
      bias: outer.bias * (2 * kernelSize - 1) + inner.bias,
    });
    lists = lists.flatMap((outer) => along.map((inner) => outer.flatMap((a) => inner.map((b) => joined(a, b)))));
  });
  return lists;
}

/** The token numbers of `neighboursOf`. */
export function neighbours(tokens: readonly number[], problem: ReferenceProblem): number[][] {
  return neighboursOf(tokens, problem).map((list) => list.map(({ token }) => token));
}

/** ΠK. */
export function slotsOf(axes: number, { kernelSize }: Pick<ReferenceProblem, 'kernelSize'>): number {
  let slots = 1;
  for (let axis = 0; axis < axes; axis++) slots *= entry(kernelSize, axis);
  return slots;
}

function entry<T>(value: PerAxis<T>, axis: number): T {
  return Array.isArray(value) ? (value as readonly T[])[axis]! : (value as T);
}

/** Windows begin at a neighbour and have no holes, so that the n-th neighbour is in slot n. */
function neighboursAlong(rule: Rule): Neighbour[][] {
  const coordinates = Array.from({ length: rule.length }, (_, i) => i);
  const position = (i: number): number => Math.floor(i / rule.dilation);
  return coordinates.map((i) =>
    coordinates
      .filter((j) => attends(i, j, rule))
      .map((j, slot) => ({ token: j, slot, bias: position(j) - position(i) + rule.kernelSize - 1 })),
  );
}

/** Whether query i sees key j on one axis: same dilation group, and near enough to the leader of i's stride group. */
function attends(i: number, j: number, { length, kernelSize, stride, dilation, isCausal }: Rule): boolean {
  const group = i % dilation;
  if (j % dilation !== group) return false;
  const [p, x] = [Math.floor(i / dilation), Math.floor(j / dilation)];
  const last = Math.floor((length - 1 - group) / dilation);
  const first = Math.floor(p / stride) * stride;
  if (isCausal) return x <= p && Math.min(first + stride - 1, last) - x < kernelSize;
  const left = Math.floor(kernelSize / 2);
  const right = kernelSize - left - 1;
  const leader = Math.min(first + Math.floor(stride / 2), last);
  const centre = Math.min(Math.max(leader, left), last - right);
  return x < centre ? centre - x <= left : x - centre <= right;
}
