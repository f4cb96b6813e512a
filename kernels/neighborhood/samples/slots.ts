/** What the unfused operations are tested on. Masked slots hold 0 where they are differentiated: −∞ has no differences. */

import type { Sample } from '../../../autograd/types.ts';
import type { Shape } from '../../../tensor/shape.ts';
import type { NaProblem } from '../problem.ts';
import type { DotsAttrs, DotsInputs, SpreadAttrs, SpreadInputs, SumInputs } from '../unfused.ts';

/** query [B, N, *X, D]; slots is ΠK. */
const problems: readonly { query: Shape; headsKv?: number; slots: number; attrs: NaProblem }[] = [
  { query: [2, 2, 9, 4], slots: 3, attrs: { kernelSize: 3 } },
  { query: [1, 4, 11, 3], headsKv: 2, slots: 4, attrs: { kernelSize: 4, dilation: 2, stride: 3, isCausal: true } },
  { query: [1, 1, 6, 17], slots: 1, attrs: { kernelSize: 1 } },
  { query: [1, 2, 7, 9, 8], slots: 9, attrs: { kernelSize: 3, dilation: [2, 3] } },
  {
    query: [2, 2, 5, 6, 5],
    headsKv: 1,
    slots: 6,
    attrs: { kernelSize: [3, 2], dilation: [1, 2], stride: [2, 1], isCausal: [false, true] },
  },
  {
    query: [1, 2, 4, 3, 5, 2],
    slots: 12,
    attrs: { kernelSize: [2, 3, 2], dilation: [2, 1, 2], stride: [1, 2, 2], isCausal: [true, false, false] },
  },
  { query: [0, 1, 5, 4], slots: 3, attrs: { kernelSize: 3 } },
];

export const dotsSamples: readonly Sample<DotsInputs, DotsAttrs>[] = problems.map(({ query, headsKv, attrs }) => ({
  query,
  key: query.with(1, headsKv ?? query[1]!),
  attrs: { ...attrs, masked: 0 },
}));

export const sumSamples: readonly Sample<SumInputs, NaProblem>[] = problems.map(({ query, headsKv, slots, attrs }) => ({
  attn: query.with(-1, slots),
  value: query.with(1, headsKv ?? query[1]!),
  attrs,
}));

export const spreadSamples: readonly Sample<SpreadInputs, SpreadAttrs>[] = problems.map(
  ({ query, headsKv, slots, attrs }) => ({
    attn: query.with(-1, slots),
    x: query,
    attrs: { ...attrs, headsKv: headsKv ?? query[1]! },
  }),
);

const query: Shape = [1, 4, 9, 8];
const attn: Shape = [1, 4, 9, 3];
const attrs = { kernelSize: 3 };
const tooLong = 'kernelSize 5 times dilation 2 spans 10 tokens, but axis X';

export const dotsErrors: readonly (Sample<DotsInputs, DotsAttrs> & { throws: string })[] = [
  { query: [9, 4, 8], key: [9, 4, 8], attrs, throws: 'query [9, 4, 8] has rank 3; it must be [B, N, *X, D]' },
  { query, key: [1, 4, 8, 8], attrs, throws: 'key [1, 4, 8, 8] does not fit query [1, 4, 9, 8]; batch and token axes' },
  { query, key: [1, 3, 9, 8], attrs, throws: '3 heads must divide the 4 of query' },
  { query, key: [1, 4, 9, 7], attrs, throws: "head dim 7 must be 8, the query's" },
  { query: [1, 4, 9, 0], key: [1, 4, 9, 0], attrs, throws: 'no heads or head dim 0; both must be >= 1' },
  { query, key: query, attrs: { kernelSize: 5, dilation: 2 }, throws: tooLong },
];

export const sumErrors: readonly (Sample<SumInputs, NaProblem> & { throws: string })[] = [
  { attn: [4, 9, 3], value: [4, 9, 8], attrs, throws: 'attn [4, 9, 3] has rank 3; it must be [B, N, *X, ΠK]' },
  {
    attn,
    value: [2, 4, 9, 8],
    attrs,
    throws: 'value [2, 4, 9, 8] does not fit attn [1, 4, 9, 3]; batch and token axes',
  },
  { attn, value: query, attrs: { kernelSize: 4 }, throws: 'attn [1, 4, 9, 3] has 3 slots; kernelSize 4 makes 4' },
  { attn, value: query, attrs: { kernelSize: 5, dilation: 2 }, throws: tooLong },
];

export const spreadErrors: readonly (Sample<SpreadInputs, SpreadAttrs> & { throws: string })[] = [
  { attn, x: [1, 2, 9, 8], attrs: { ...attrs, headsKv: 2 }, throws: 'all axes but the last must be equal' },
  {
    attn,
    x: query,
    attrs: { ...attrs, headsKv: 3 },
    throws: 'headsKv 3 must be an integer >= 1 that divides the 4 heads',
  },
  {
    attn,
    x: query,
    attrs: { kernelSize: 2, headsKv: 4 },
    throws: 'attn [1, 4, 9, 3] has 3 slots; kernelSize 2 makes 2',
  },
];
