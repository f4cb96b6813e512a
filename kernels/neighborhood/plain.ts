import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { WeightAttrs } from './attributes.ts';
import { defineOp } from '../../autograd/op.ts';
import { isGradEnabled } from '../../autograd/tape.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { zerosLike } from '../create/filled.ts';
import { checkFollowing, checkWeights, refuseSecondDerivative, weightDefaults } from './attributes.ts';
import { attentionDelta, followingShapes } from './fusedBackward.ts';
import { plainBackwardKeyCpu, plainBackwardQueryCpu, plainCpu } from './cpu/fused.cpu.ts';
import { checkHeads } from './problem.ts';
import { plainBackwardKeyReference, plainBackwardQueryReference, plainReference } from './reference/plain.ts';

export interface PlainAttrs extends WeightAttrs {
  /** Whether query i sees only keys 0 … i (of its sequence). Default false. */
  isCausal?: boolean;
  /** Sequences packed one after another: where each begins, and the end. Default: one sequence. */
  cumulativeLengthsQuery?: readonly number[] | null;
  cumulativeLengthsKey?: readonly number[] | null;
  /** Added to key numbers in dropout's counter. Default 0. */
  firstKey?: number;
}

export type PlainInputs = ['query', 'key', 'value'];
export type PlainBackwardInputs = [...PlainInputs, 'gradOutput', 'logsumexp:wide', 'delta:wide'];

const defaults = {
  ...weightDefaults,
  isCausal: false,
  cumulativeLengthsQuery: null,
  cumulativeLengthsKey: null,
  firstKey: 0,
};

interface Shapes {
  readonly query: Shape;
  readonly key: Shape;
  readonly value: Shape;
}

/** Of so many products over D and over Dv for each pair of a query and a key of its sequence; causal ones are not discounted. */
function flopsOf({ query, key, value }: Shapes, attrs: Required<PlainAttrs>, dims: number, dimsValue: number): number {
  const [batch, queries, heads, dim] = query as [number, number, number, number];
  const lengths = (ends: readonly number[] | null, all: number): number[] =>
    (ends ?? [0, all]).slice(1).map((end, i) => end - (ends ?? [0])[i]!);
  const ofKeys = lengths(attrs.cumulativeLengthsKey, key[1]!);
  const pairs = lengths(attrs.cumulativeLengthsQuery, queries).reduce((sum, own, i) => sum + own * ofKeys[i]!, 0);
  return 2 * batch * heads * pairs * (dims * dim + dimsValue * value[3]!);
}

function check(op: string, { query, key, value }: Shapes, attrs: Required<PlainAttrs>): void {
  for (const [name, shape] of Object.entries({ query, key, value })) {
    if (shape.length === 4) continue;
    const letters = name === 'query' ? '[B, S, N, D]' : name === 'key' ? '[B, T, Nkv, D]' : '[B, T, Nkv, Dv]';
    throw new ShapeError(`${name} ${formatShape(shape)} has rank ${shape.length}; it must be ${letters}`, {
      op,
      shape,
    });
  }
  const fit = { key: [query[0]!, key[1]!], value: [query[0]!, key[1]!] };
  for (const [name, shape] of Object.entries({ key, value })) {
    const [batch, tokens] = fit[name as 'key' | 'value'];
    if (shape[0] === batch && shape[1] === tokens) continue;
    const than = shape[0] === batch ? `key ${formatShape(key)}` : `query ${formatShape(query)}`;
    const advice = shape[0] === batch ? 'both must have as many tokens' : 'both must have the same batch size';
    throw new ShapeError(`${name} ${formatShape(shape)} does not fit ${than}; ${advice}`, { op, query, key, value });
  }
  checkHeads(op, query, key, value);
  checkWeights(op, attrs);
  const { isCausal, firstKey } = attrs;
  if (typeof isCausal !== 'boolean')
    throw new ArgumentError(`isCausal must be true or false, got ${String(isCausal)}`, { op, isCausal });
  if (!Number.isInteger(firstKey) || firstKey < 0)
    throw new ArgumentError(`firstKey must be an integer >= 0, got ${String(firstKey)}`, { op, firstKey });
  checkPacked(op, { query, key, value }, attrs);
}

/** Packed sequences: batch 1, as many of queries as of keys, from 0 to the number of tokens without a step back. */
function checkPacked(op: string, { query, key }: Shapes, attrs: Required<PlainAttrs>): void {
  const { cumulativeLengthsQuery: ofQuery, cumulativeLengthsKey: ofKey } = attrs;
  if (ofQuery === null && ofKey === null) return;
  const fields = { op, cumulativeLengthsQuery: ofQuery, cumulativeLengthsKey: ofKey };
  if (ofQuery === null || ofKey === null) {
    const missing = ofQuery === null ? 'cumulativeLengthsQuery' : 'cumulativeLengthsKey';
    throw new ArgumentError(`${missing} is missing; packed sequences need those of queries and of keys`, fields);
  }
  if (query[0] !== 1)
    throw new ShapeError(`query ${formatShape(query)} has batch size ${query[0]}; packed sequences need 1`, fields);
  for (const [name, ends, tokens] of [
    ['cumulativeLengthsQuery', ofQuery, query[1]!],
    ['cumulativeLengthsKey', ofKey, key[1]!],
  ] as const) {
    const isFine =
      ends[0] === 0 && ends.at(-1) === tokens && ends.every((x, i) => Number.isInteger(x) && x >= (ends[i - 1] ?? 0));
    if (isFine) continue;
    const wanted = `it must rise in integers from 0 to the ${tokens} tokens`;
    throw new ShapeError(`${name} [${ends.join(', ')}] is no list of sequences; ${wanted}`, fields);
  }
  if (ofQuery.length === ofKey.length) return;
  const [a, b] = [ofQuery.length - 1, ofKey.length - 1];
  throw new ShapeError(
    `cumulativeLengthsQuery has ${a} sequences and cumulativeLengthsKey ${b}; both must be equal`,
    fields,
  );
}

/** One object for the op under all its names: what a device's table supplies to one is there for all. */
const kernels = { cpu: plainCpu };

/** `attentionForward` under the name that its caller used, so that errors say it. */
export function plainCalled(name: string): Op<PlainInputs, PlainAttrs, ['output', 'logsumexp']> {
  return defineOp({
    name,
    inputs: ['query', 'key', 'value'],
    autocast: 'float16',
    outputs: ['output', 'logsumexp'],
    flops: (operands, attrs) => flopsOf(operands, attrs, 1, 1),
    attrs: defaults,
    dtype: (dtype) => [dtype, dtype === 'float16' ? 'float32' : dtype],
    shape(inputs, attrs) {
      check(name, inputs, attrs);
      const { rows, gradOutput } = followingShapes(inputs.query, inputs.value);
      return [gradOutput, rows];
    },
    reference: (inputs, attrs) => plainReference(inputs, attrs),
    kernels,
    saves: ['query', 'key', 'value', 'output', 'logsumexp'],
    backward({ grads, inputs: { query, key, value }, outputs: { output, logsumexp }, attrs, needs }) {
      if (isGradEnabled()) refuseSecondDerivative(name, "use implementation: 'dense'");
      const g = grads[0] ?? zerosLike(output);
      const operands = [query, key, value, g, logsumexp, attentionDelta(output, g, grads[1] ?? undefined)] as const;
      const [gradKey, gradValue] = needs.key || needs.value ? attentionBackwardKey(...operands, attrs) : [null, null];
      return { query: needs.query ? attentionBackwardQuery(...operands, attrs) : null, key: gradKey, value: gradValue };
    },
  });
}

/**
 * Fused attention of every query to every key, with its logsumexp. query [B, S, N, D], key [B, T, Nkv, D], value [B, T, Nkv, Dv]
 * → output [B, S, N, Dv], logsumexp [B, S, N]. A query without keys gets 0, and logsumexp −∞.
 *
 * @throws ShapeError when shapes do not fit each other
 * @source Dao et al., "FlashAttention", 2022
 */
export const attentionForward: Op<PlainInputs, PlainAttrs, ['output', 'logsumexp']> = plainCalled('attention');

/** The gradient of query; see neighborhoodAttentionBackwardQuery. */
export const attentionBackwardQuery: Op<PlainBackwardInputs, PlainAttrs> = defineOp({
  name: 'attentionBackwardQuery',
  inputs: ['query', 'key', 'value', 'gradOutput', 'logsumexp:wide', 'delta:wide'],
  attrs: defaults,
  flops: (inputs, attrs) => flopsOf(inputs, attrs, 2, 1),
  shape: (inputs, attrs) => (checkBackward('attentionBackwardQuery', inputs, attrs), inputs.query),
  reference: (inputs, attrs) => plainBackwardQueryReference(inputs, attrs),
  kernels: { cpu: plainBackwardQueryCpu },
});

/** The gradients of key and value; see neighborhoodAttentionBackwardKey. */
export const attentionBackwardKey: Op<PlainBackwardInputs, PlainAttrs, ['gradKey', 'gradValue']> = defineOp({
  name: 'attentionBackwardKey',
  inputs: ['query', 'key', 'value', 'gradOutput', 'logsumexp:wide', 'delta:wide'],
  outputs: ['gradKey', 'gradValue'],
  attrs: defaults,
  flops: (inputs, attrs) => flopsOf(inputs, attrs, 2, 2),
  shape: (inputs, attrs) => (checkBackward('attentionBackwardKey', inputs, attrs), [inputs.key, inputs.value]),
  reference: (inputs, attrs) => plainBackwardKeyReference(inputs, attrs),
  kernels: { cpu: plainBackwardKeyCpu },
});

function checkBackward(
  op: string,
  inputs: Shapes & Record<'gradOutput' | 'logsumexp' | 'delta', Shape>,
  attrs: Required<PlainAttrs>,
): void {
  check(op, inputs, attrs);
  const { rows, gradOutput } = followingShapes(inputs.query, inputs.value);
  checkFollowing(op, inputs.query, {
    gradOutput: [inputs.gradOutput, gradOutput],
    logsumexp: [inputs.logsumexp, rows],
    delta: [inputs.delta, rows],
  });
}
