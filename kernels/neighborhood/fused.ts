import type { BackwardContext, InputGrads, Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { TileAttrs, WeightAttrs } from './attributes.ts';
import type { NaProblem } from './problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { flopsOf } from './flops.ts';
import { isGradEnabled } from '../../autograd/tape.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { zerosLike } from '../create/filled.ts';
import { checkProblem, checkSplits, checkTiles, refuseSecondDerivative } from './attributes.ts';
import { problemDefaults, tileDefaults, weightDefaults } from './attributes.ts';
import {
  allGradients,
  attentionDelta,
  neighborhoodAttentionBackwardKey,
  neighborhoodAttentionBackwardQuery,
} from './fusedBackward.ts';
import { forwardCpu } from './cpu/fused.cpu.ts';
import { attentionBackwardKey } from './plain.ts';
import { attentionReference } from './reference/fused.ts';

/** What the fused operation is told: who attends to whom, how, and how the work of forward and backward is cut. */
export interface NaAttrs extends NaProblem, WeightAttrs, TileAttrs {
  backwardQueryTileSize?: readonly number[] | null;
  backwardKeyTileSize?: readonly number[] | null;
  /** Parts, per axis, in which backward sums over the keys: more work items where queries are few. Default 1 each. */
  numSplitsKey?: readonly number[] | null;
}

export type NaInputs = ['query', 'key', 'value', 'rpb?', 'additionalKeys?', 'additionalValues?'];
type NaSaved = 'query' | 'key' | 'value' | 'rpb' | 'additionalKeys' | 'additionalValues' | 'output' | 'logsumexp';

const defaults = {
  ...problemDefaults,
  ...weightDefaults,
  ...tileDefaults,
  backwardQueryTileSize: null,
  backwardKeyTileSize: null,
  numSplitsKey: null,
};

function assignFound(found: Record<string, Tensor>, names: readonly string[], tensors: readonly Tensor[]): void {
  tensors.forEach((x, i) => (found[names[i]!] = x));
}

/** One object for the op under all its names: what a device's table supplies to one is there for all. */
const kernels = { cpu: forwardCpu };

/** `neighborhoodAttentionForward` under the name that its caller used, so that errors say it. */
export function attentionCalled(name: string): Op<NaInputs, NaAttrs, ['output', 'logsumexp']> {
  return defineOp({
    name,
    inputs: ['query', 'key', 'value', 'rpb?', 'additionalKeys?', 'additionalValues?'],
    autocast: 'float16',
    outputs: ['output', 'logsumexp'],
    flops: (operands, attrs) => flopsOf(operands, attrs, 1, 1),
    attrs: defaults,
    required: ['kernelSize'],
    dtype: (dtype) => [dtype, dtype === 'float16' ? 'float32' : dtype],
    shape(operands, attrs) {
      const axes = checkProblem(name, operands, attrs);
      const { backwardQueryTileSize, backwardKeyTileSize, numSplitsKey } = attrs;
      checkTiles(name, axes, { backwardQueryTileSize, backwardKeyTileSize });
      checkSplits(name, axes, numSplitsKey, backwardKeyTileSize);
      const rows = operands.query.slice(0, -1);
      return [[...rows, operands.value.at(-1)!], rows];
    },
    reference: (inputs, attrs) => attentionReference(inputs, attrs),
    kernels,
    saves: ['query', 'key', 'value', 'rpb', 'additionalKeys', 'additionalValues', 'output', 'logsumexp'],
    backward(context) {
      if (isGradEnabled()) refuseSecondDerivative(name, "use implementation: 'unfused' or 'dense'");
      return gradients(context);
    },
  });
}

function gradients(
  context: BackwardContext<NaInputs, NaAttrs, ['output', 'logsumexp'], NaSaved>,
): InputGrads<NaInputs> {
  const { grads, inputs, outputs, needs } = context;
  const { query, key, value, rpb, additionalKeys, additionalValues } = inputs;
  const { output, logsumexp } = outputs;
  const { backwardQueryTileSize, backwardKeyTileSize, numSplitsKey, ...rest } = context.attrs;
  const attrs = { ...rest, queryTileSize: backwardQueryTileSize, keyTileSize: backwardKeyTileSize };
  const g = grads[0] ?? zerosLike(output);
  const delta = attentionDelta(output, g, grads[1] ?? undefined);
  const saved = [g, logsumexp, delta] as const;
  const found: Record<string, Tensor> = {};
  const operands = { ...inputs, gradOutput: g, logsumexp, delta };
  const some = [query, key, value, ...saved, rpb] as const;
  if ((needs.query || needs.rpb) && (needs.key || needs.value)) {
    const all = allGradients(operands, { ...attrs, numSplitsKey, withRpb: needs.rpb });
    assignFound(found, ['query', 'key', 'value', 'rpb'], all);
  } else if (needs.query || needs.rpb) {
    const more = { ...attrs, numSplitsKey, withRpb: needs.rpb };
    const all = neighborhoodAttentionBackwardQuery(...some, additionalKeys, additionalValues, more);
    assignFound(found, ['query', 'rpb'], all);
  } else if (needs.key || needs.value) {
    assignFound(found, ['key', 'value'], neighborhoodAttentionBackwardKey(...some, attrs));
  }
  if (additionalKeys && additionalValues && (needs.additionalKeys || needs.additionalValues)) {
    // All queries see them: the problem of plain attention, over queries in one line.
    const tokens = sizeOf(query.shape.slice(1, -2));
    const inLine = (x: Tensor): Tensor => x.reshape([query.shape[0]!, tokens, ...x.shape.slice(query.rank - 2)]);
    const [q, ...rest] = [query, ...saved].map(inLine) as [Tensor, Tensor, Tensor, Tensor];
    const plain = { scale: attrs.scale, dropout: attrs.dropout, seed: attrs.seed, firstKey: tokens };
    const [gradKeys, gradValues] = attentionBackwardKey(q, additionalKeys, additionalValues, ...rest, plain);
    Object.assign(found, { additionalKeys: gradKeys, additionalValues: gradValues });
  }
  const of = (name: string): Tensor | null => found[name] ?? null;
  return {
    query: of('query'),
    key: of('key'),
    value: of('value'),
    rpb: of('rpb'),
    additionalKeys: of('additionalKeys'),
    additionalValues: of('additionalValues'),
  };
}

/**
 * Fused neighborhood attention with its logsumexp: output = Σⱼ pⱼ vⱼ, p = softmax(s) over the query's neighbours and the
 * additional tokens, s = scale · q · kⱼ + rpb at the offset of j from the query, logsumexp = ln Σⱼ exp(sⱼ).
 * query [B, *X, N, D], key [B, *X, Nkv, D], value [B, *X, Nkv, Dv], rpb [N, 2K − 1, ...], additionalKeys [B, n, Nkv, D],
 * additionalValues [B, n, Nkv, Dv] → output [B, *X, N, Dv], logsumexp [B, *X, N]. Query head h reads key head ⌊h Nkv / N⌋.
 * Memory grows with the tokens, not with tokens × neighbours; gradients flow through both outputs.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source Hassani et al., "Faster Neighborhood Attention", 2024; Hassani et al., "Generalized Neighborhood Attention", 2025
 */
export const neighborhoodAttentionForward: Op<NaInputs, NaAttrs, ['output', 'logsumexp']> =
  attentionCalled('neighborhoodAttention');
