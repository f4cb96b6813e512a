import type { PlainAttrs } from './plain.ts';

/**
 * Plain attention as tables of windows: of token i the start at [2i] and the end at [2i + 1]. Queries see the keys of their sequence,
 * with `isCausal` up to their own place in it; keys are seen by the queries from their own place on.
 */
export function lineWindows(queries: number, keys: number, attrs: Required<PlainAttrs>) {
  const { isCausal } = attrs;
  const ofQuery = attrs.cumulativeLengthsQuery ?? [0, queries];
  const ofKey = attrs.cumulativeLengthsKey ?? [0, keys];
  return {
    byQuery: (): Int32Array => table(ofQuery, ofKey, (i, length) => [0, isCausal ? Math.min(i + 1, length) : length]),
    byKey: (): Int32Array => table(ofKey, ofQuery, (i, length) => [isCausal ? Math.min(i, length) : 0, length]),
  };
}

/** @param edges of the window of the i-th token of a sequence, in the other side's sequence of `length` tokens */
function table(
  of: readonly number[],
  others: readonly number[],
  edges: (i: number, length: number) => readonly [number, number],
): Int32Array {
  const windows = new Int32Array(2 * of.at(-1)!);
  for (let s = 0; s + 1 < of.length; s++) {
    for (let i = of[s]!; i < of[s + 1]!; i++) {
      const [start, end] = edges(i - of[s]!, others[s + 1]! - others[s]!);
      windows[2 * i] = others[s]! + start;
      windows[2 * i + 1] = others[s]! + end;
    }
  }
  return windows;
}
