/**
 * Who a query's neighbours are, and which queries see a key: the only place for kernels, tuner and page.
 *
 * Everything is per axis; a neighbourhood is the product of its axes' windows. Dilation d cuts an axis of length L into d
 * groups: token i is in group g = i mod d at position p = ⌊i / d⌋, and sees only tokens of its own group. Positions, windows
 * and lengths below are those of one group, half open: [start, end).
 *
 * @source https://github.com/SHI-Labs/NATTEN (docs/operations.md, csrc/include/natten/cuda/fna/na_utils.cuh, main of 2026-07)
 */

/** One token axis of a problem. */
export interface Axis {
  readonly length: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly dilation: number;
  readonly isCausal: boolean;
}

/** Positions start … end − 1. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * How many tokens of `axis` are in dilation group `group`: groups below L mod d have one more when d does not divide L.
 *
 * @example
 * const axis = { length: 7, kernelSize: 3, stride: 1, dilation: 2, isCausal: false };
 * groupLength(axis, 0); // 4
 */
export function groupLength({ length, dilation }: Axis, group: number): number {
  return Math.ceil((length - group) / dilation);
}

/**
 * The keys that the query at `position` sees, in a group of `length` tokens.
 *
 * The queries of one stride group share the window of their leader. Not causal: the leader stands in the middle and the window
 * is shifted inside at the borders, so that it always has kernelSize keys. Causal: the leader is the last query of the
 * stride group, and nobody sees past himself, so that windows shrink at the start.
 *
 * @param length of the query's dilation group
 * @example
 * windowOf({ length: 8, kernelSize: 3, stride: 1, dilation: 1, isCausal: false }, 8, 5); // { start: 4, end: 7 }
 */
export function windowOf({ kernelSize, stride, isCausal }: Axis, length: number, position: number): Window {
  const first = position - (position % stride);
  if (isCausal) {
    const leader = Math.min(first + stride - 1, length - 1);
    return { start: Math.max(leader - kernelSize + 1, 0), end: position + 1 };
  }
  const leader = Math.min(first + (stride >> 1), length - 1);
  const start = Math.min(Math.max(leader - (kernelSize >> 1), 0), length - kernelSize);
  return { start, end: start + kernelSize };
}

/**
 * The keys that `queries`, a stretch without holes, see together: windows move forward with their queries, so that the first
 * query's begins it and the last one's ends it.
 *
 * @param length of the queries' dilation group
 * @example
 * const axis = { length: 8, kernelSize: 3, stride: 1, dilation: 1, isCausal: false };
 * windowOfTile(axis, 8, { start: 4, end: 8 }); // { start: 3, end: 8 }
 */
export function windowOfTile(axis: Axis, length: number, queries: Window): Window {
  return {
    start: windowOf(axis, length, queries.start).start,
    end: windowOf(axis, length, queries.end - 1).end,
  };
}

/**
 * The queries that see the key at `position`: one stretch without holes, the key itself among them.
 *
 * @param length of the key's dilation group
 * @example
 * inverseWindowOf({ length: 8, kernelSize: 3, stride: 1, dilation: 1, isCausal: true }, 8, 5); // { start: 5, end: 8 }
 */
export function inverseWindowOf({ kernelSize, stride, isCausal }: Axis, length: number, position: number): Window {
  const roundDown = (x: number): number => x - (x % stride);
  if (isCausal) {
    const last = position + kernelSize;
    return { start: position, end: Math.min(roundDown(last) + (last >= length ? stride : 0), length) };
  }
  const left = kernelSize >> 1;
  const right = kernelSize - 1 - left;
  const behindLeader = stride - (stride >> 1) - 1;
  return {
    start: position >= kernelSize ? roundDown(position - right + behindLeader) : 0,
    end: position >= length - kernelSize ? length : roundDown(position + left + behindLeader + 1),
  };
}

/** The windows of all tokens of `axis`, token i's at [2i] (start) and [2i + 1] (end). */
export function windowTable(axis: Axis, rule: typeof windowOf): Int32Array {
  const table = new Int32Array(2 * axis.length);
  for (let group = 0; group < axis.dilation; group++) {
    const length = groupLength(axis, group);
    for (let position = 0; position < length; position++) {
      const { start, end } = rule(axis, length, position);
      const token = group + position * axis.dilation;
      table[2 * token] = start;
      table[2 * token + 1] = end;
    }
  }
  return table;
}
