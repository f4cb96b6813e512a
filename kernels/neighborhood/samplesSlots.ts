/** What the unfused operations are tested on. Masked slots hold 0 where they are differentiated: −∞ has no differences. */

import type { Sample } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { NaProblem } from './problem.ts';
import type { DotsAttrs, DotsInputs, SpreadAttrs, SpreadInputs, SumInputs } from './unfused.ts';

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

export const dotsErrors: readonly (Sample<DotsInputs, DotsAttrs> & { throws: string })[] = [];
export const sumErrors: readonly (Sample<SumInputs, NaProblem> & { throws: string })[] = [];
export const spreadErrors: readonly (Sample<SpreadInputs, SpreadAttrs> & { throws: string })[] = [];
