import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { TileAttrs, WeightAttrs } from './attributes.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { BackwardOperands, Operands } from './packed.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { defineOp } from '../../autograd/op.ts';
import { flopsOf } from './flops.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkFollowing, checkProblem, checkSplits } from './attributes.ts';
import { problemDefaults, tileDefaults, weightDefaults } from './attributes.ts';
import { backwardCpu, backwardKeyCpu, backwardQueryCpu, deltaCpu } from './cpu/fused.cpu.ts';
import { backwardKeyReference, backwardQueryReference, deltaReference } from './reference/fused.ts';

export type DeltaInputs = ['output', 'gradOutput', 'gradLogsumexp:wide?'];

/**
 * delta = Σ_d dO · O − dLogsumexp, what the gradients of a query's scores have in common: dS = p (dO · v − delta).
 * output, gradOutput [..., Dv], gradLogsumexp [...] → [...], float32 where they are float16, as logsumexp is.
 */
export const attentionDelta: Op<DeltaInputs> = defineOp({
  name: 'attentionDelta',
  inputs: ['output', 'gradOutput', 'gradLogsumexp:wide?'],
  dtype: (dtype) => (dtype === 'float16' ? 'float32' : dtype),
  shape({ output, gradOutput, gradLogsumexp }) {
    const rows = output.slice(0, -1);
    for (const [label, got, wanted] of [
      ['gradOutput', gradOutput, output],
      ['gradLogsumexp', gradLogsumexp ?? rows, rows],
    ] as const) {
      if (output.length > 0 && sameShape(got, wanted)) continue;
      const misfit = `${label} ${formatShape(got)} does not fit output ${formatShape(output)}`;
      throw new ShapeError(`${misfit}; it must be ${formatShape(wanted)}`, { op: 'attentionDelta', got, output });
    }
    return rows;
  },
  reference: (inputs) => deltaReference(inputs),
  kernels: { cpu: deltaCpu },
});

export interface BackwardKeyAttrs extends NaProblem, WeightAttrs, TileAttrs {}

export interface BackwardAttrs extends BackwardKeyAttrs {
  /** Whether the gradient of rpb is wanted, if rpb is given. Default true. */
  withRpb?: boolean;
}

export interface BackwardQueryAttrs extends BackwardAttrs {
  /** Parts, per axis, in which each query's keys are summed. Default 1 each. */
  numSplitsKey?: readonly number[] | null;
}

export type BackwardKeyInputs = ['query', 'key', 'value', 'gradOutput', 'logsumexp:wide', 'delta:wide', 'rpb?'];
const backwardInputs: BackwardKeyInputs = [
  'query',
  'key',
  'value',
  'gradOutput',
  'logsumexp:wide',
  'delta:wide',
  'rpb?',
];

export type BackwardQueryInputs = [...BackwardKeyInputs, 'additionalKeys?', 'additionalValues?'];

/** Shapes that follow from query's and value's. */
export function followingShapes(query: Shape, value: Shape) {
  const rows = query.slice(0, -1);
  return { rows, gradOutput: [...rows, value.at(-1)!] };
}

const defaults = { ...problemDefaults, ...weightDefaults, ...tileDefaults };

/**
 * The gradient of query from that of output, dQ = scale · Σⱼ dSⱼ kⱼ with dS = p (dO · v − delta), p = exp(s − logsumexp), and
 * where rpb is given that of rpb, the sum of dS over all pairs at an offset.
 */
export const neighborhoodAttentionBackwardQuery: Op<BackwardQueryInputs, BackwardQueryAttrs, ['parts[]']> = defineOp({
  name: 'neighborhoodAttentionBackwardQuery',
  inputs: [...backwardInputs, 'additionalKeys?', 'additionalValues?'],
  outputs: ['parts[]'],
  flops: (inputs, attrs) => flopsOf(inputs, attrs, 2, 1),
  attrs: { ...defaults, numSplitsKey: null, withRpb: true },
  required: ['kernelSize'],
  shape(inputs, attrs) {
    const op = 'neighborhoodAttentionBackwardQuery';
    checkSplits(op, check(op, inputs, attrs), attrs.numSplitsKey, attrs.keyTileSize);
    return inputs.rpb && attrs.withRpb ? [inputs.query, inputs.rpb] : [inputs.query];
  },
  reference: (inputs, attrs) => backwardQueryReference(inputs, attrs).slice(0, attrs.withRpb ? 2 : 1),
  kernels: { cpu: backwardQueryCpu },
});

/** The gradients of key and value from that of output: dK = scale · Σ dS q and dV = Σ p dO over the queries that see a key. */
export const neighborhoodAttentionBackwardKey: Op<BackwardKeyInputs, BackwardKeyAttrs, ['gradKey', 'gradValue']> =
  defineOp({
    name: 'neighborhoodAttentionBackwardKey',
    inputs: backwardInputs,
    outputs: ['gradKey', 'gradValue'],
    flops: (inputs, attrs) => flopsOf(inputs, attrs, 2, 2),
    attrs: defaults,
    required: ['kernelSize'],
    shape(inputs, attrs) {
      check('neighborhoodAttentionBackwardKey', inputs, attrs);
      return [inputs.key, inputs.value];
    },
    reference: (inputs, attrs) => backwardKeyReference(inputs, attrs),
    kernels: { cpu: backwardKeyCpu },
  });

/**
 * Both in one: gradQuery, gradKey, gradValue and, where rpb is given and `withRpb`, gradRpb. Products and weights that both need
 * may be computed once.
 */
export const neighborhoodAttentionBackward: Op<BackwardQueryInputs, BackwardAttrs, ['parts[]']> = defineOp({
  name: 'neighborhoodAttentionBackward',
  inputs: [...backwardInputs, 'additionalKeys?', 'additionalValues?'],
  outputs: ['parts[]'],
  flops: (inputs, attrs) => flopsOf(inputs, attrs, 3, 2),
  attrs: { ...defaults, withRpb: true },
  required: ['kernelSize'],
  shape(inputs, attrs) {
    check('neighborhoodAttentionBackward', inputs, attrs);
    const { query, key, value, rpb } = inputs;
    return rpb && attrs.withRpb ? [query, key, value, rpb] : [query, key, value];
  },
  reference(inputs, attrs) {
    const [gradQuery, gradRpb] = backwardQueryReference(inputs, attrs);
    const { additionalKeys: _keys, additionalValues: _values, ...own } = inputs;
    const found = [gradQuery!, ...backwardKeyReference(own, attrs)];
    return gradRpb && attrs.withRpb ? [...found, gradRpb] : found;
  },
  kernels: { cpu: backwardCpu },
});

/** gradQuery, gradKey, gradValue and, where it is wanted, gradRpb: by one operation, or by two where keys are split. */
export function allGradients(operands: BackwardOperands, attrs: BackwardQueryAttrs): readonly Tensor[] {
  const { query, key, value, gradOutput, logsumexp, delta, rpb, additionalKeys, additionalValues } = operands;
  const { numSplitsKey, ...shared } = attrs;
  const seen = [query, key, value, gradOutput, logsumexp, delta, rpb] as const;
  const more = [additionalKeys, additionalValues] as const;
  if (!numSplitsKey?.some((splits) => splits > 1)) return neighborhoodAttentionBackward(...seen, ...more, shared);
  const [gradQuery, ...gradRpb] = neighborhoodAttentionBackwardQuery(...seen, ...more, attrs);
  const { withRpb: _withRpb, ...own } = shared;
  return [gradQuery!, ...neighborhoodAttentionBackwardKey(...seen, own), ...gradRpb];
}

type BackwardShapes = Operands<Shape> & Record<'gradOutput' | 'logsumexp' | 'delta', Shape>;

function check(op: string, inputs: BackwardShapes, attrs: Required<BackwardKeyAttrs>): Axis[] {
  const axes = checkProblem(op, inputs, attrs);
  const { query, value, gradOutput, logsumexp, delta } = inputs;
  const following = followingShapes(query, value);
  checkFollowing(op, query, {
    gradOutput: [gradOutput, following.gradOutput],
    logsumexp: [logsumexp, following.rows],
    delta: [delta, following.rows],
  });
  return axes;
}
