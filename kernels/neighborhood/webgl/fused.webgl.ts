import type { Kernel } from '../../../autograd/types.ts';
import type { NaAttrs, NaInputs } from '../fused.ts';
import type {
  BackwardAttrs,
  BackwardKeyAttrs,
  BackwardKeyInputs,
  BackwardQueryAttrs,
  BackwardQueryInputs,
  DeltaInputs,
} from '../fusedBackward.ts';
import type { PlainAttrs, PlainBackwardInputs, PlainInputs } from '../plain.ts';
import type { Sight } from './sight.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import { acceptsStrides } from '../../../autograd/types.ts';
import { launch } from '../../runtime/webgl/launch.ts';
import { resolveProblem } from '../problem.ts';
import { backwardBias, backwardKey, backwardQuery, forward } from './launch.ts';
import { line, neighbours } from './sight.ts';

type By = 'query' | 'key';

const near = ({ query }: { query: Tensor }, attrs: BackwardKeyAttrs, by: By): Sight =>
  neighbours(resolveProblem('neighborhoodAttention', query.shape, attrs), by);

const inLine = ({ query, key }: { query: Tensor; key: Tensor }, attrs: Required<PlainAttrs>, by: By): Sight =>
  line(query.shape[1]!, key.shape[1]!, attrs, by);

/** delta = Σ_d dO · O − dLogsumexp. */
export const deltaWebgl: Kernel<DeltaInputs> = ({ output, gradOutput, gradLogsumexp }, _attrs, [delta]) => {
  const dim = output.shape.at(-1)!;
  const code = (): string => `float element(int i) {
  float s = 0.0;
  for (int at = i * ${dim}; at < (i + 1) * ${dim}; at++) s += outputs(at) * gradients(at);
  return s${gradLogsumexp ? ' - gradLogsumexps(i)' : ''};
}`;
  const more = gradLogsumexp && { gradLogsumexps: gradLogsumexp };
  const key = `attentionDelta ${dim} ${gradLogsumexp ? 'logsumexp' : ''}`;
  launch({ key, inputs: { outputs: output, gradients: gradOutput, ...more }, code }, delta!);
};

export const forwardWebgl: Kernel<NaInputs, NaAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  forward(inputs, near(inputs, attrs, 'query'), attrs, output!, logsumexp!),
);

export const backwardQueryWebgl: Kernel<BackwardQueryInputs, BackwardQueryAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery, gradRpb]) => {
    const sight = near(inputs, attrs, 'query');
    backwardQuery(inputs, sight, attrs, gradQuery!);
    if (gradRpb) backwardBias(inputs, sight, attrs, gradRpb);
  },
);

export const backwardKeyWebgl: Kernel<BackwardKeyInputs, BackwardKeyAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) => backwardKey(inputs, near(inputs, attrs, 'key'), attrs, gradKey!, gradValue!),
);

export const backwardWebgl: Kernel<BackwardQueryInputs, BackwardAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery, gradKey, gradValue, gradRpb]) => {
    backwardQueryWebgl(inputs, { ...attrs, numSplitsKey: null }, gradRpb ? [gradQuery!, gradRpb] : [gradQuery!]);
    backwardKeyWebgl(inputs, attrs, [gradKey!, gradValue!]);
  },
);

export const plainWebgl: Kernel<PlainInputs, PlainAttrs> = acceptsStrides((inputs, attrs, [output, logsumexp]) =>
  forward(inputs, inLine(inputs, attrs, 'query'), attrs, output!, logsumexp!),
);

export const plainBackwardQueryWebgl: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradQuery]) => backwardQuery(inputs, inLine(inputs, attrs, 'query'), attrs, gradQuery!),
);

export const plainBackwardKeyWebgl: Kernel<PlainBackwardInputs, PlainAttrs> = acceptsStrides(
  (inputs, attrs, [gradKey, gradValue]) =>
    backwardKey(inputs, inLine(inputs, attrs, 'key'), attrs, gradKey!, gradValue!),
);
