/** What the ops of the attention's backward pass are tested on. */

import type { Sample } from '../../../autograd/types.ts';
import type { BackwardKeyAttrs, BackwardKeyInputs, BackwardQueryInputs, DeltaInputs } from '../fusedBackward.ts';
import { operandShapes, problems } from './fused.ts';

export const deltaSamples: readonly Sample<DeltaInputs, object>[] = [
  { output: [2, 9, 2, 4], gradOutput: [2, 9, 2, 4] },
  { output: [1, 4, 3, 5, 2, 7], gradOutput: [1, 4, 3, 5, 2, 7], gradLogsumexp: [1, 4, 3, 5, 2] },
  { output: [1, 5, 6, 3, 1], gradOutput: [1, 5, 6, 3, 1], gradLogsumexp: [1, 5, 6, 3] },
  { output: [1, 37, 2, 16], gradOutput: [1, 37, 2, 16], gradLogsumexp: [1, 37, 2] },
  { output: [0, 5, 1, 4], gradOutput: [0, 5, 1, 4] },
];

/** logsumexp is drawn from [3, 4]: about as large as it comes, so that p stays below 1. */
export const backwardQuerySamples: readonly Sample<BackwardQueryInputs, BackwardKeyAttrs>[] = problems.map(
  (problem) => {
    const { output, ...inputs } = operandShapes(problem);
    const rows = output.slice(0, -1);
    const { attrs } = problem;
    return { ...inputs, gradOutput: output, logsumexp: { shape: rows, low: 3, high: 4 }, delta: rows, attrs };
  },
);

export const backwardKeySamples: readonly Sample<BackwardKeyInputs, BackwardKeyAttrs>[] = backwardQuerySamples.map(
  ({ additionalKeys: _keys, additionalValues: _values, ...inputs }) => inputs,
);
