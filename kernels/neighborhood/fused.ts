import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { NaProblem } from './problem.ts';
import { defineOp } from '../../autograd/op.ts';
import { isGradEnabled } from '../../autograd/tape.ts';
import { ArgumentError, GradError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { zerosLike } from '../create/filled.ts';
import { backwardCpu, forwardCpu } from './fused.cpu.ts';
import { checkOperands, resolveProblem } from './problem.ts';
import { attentionBackwardReference, attentionReference } from './reference.ts';
import { backwardSamples, errors, samples } from './samples.ts';

export interface NaAttrs extends NaProblem {
  /** What scores are multiplied by; 0 is a value. null: D ** -0.5. */
  scale?: number | null;
}

export type NaInputs = ['query', 'key', 'value'];
export type NaBackwardInputs = ['query', 'key', 'value', 'output', 'logsumexp', 'gradOutput', 'gradLogsumexp?'];

const defaults = { stride: 1, dilation: 1, isCausal: false, scale: null };

function check(op: string, query: Shape, key: Shape, value: Shape, attrs: Required<NaAttrs>): void {
  checkOperands(op, query, key, value);
  resolveProblem(op, query, attrs);
  const { scale } = attrs;
  if (scale !== null && !Number.isFinite(scale))
    throw new ArgumentError(`scale must be a finite number, got ${String(scale)}`, { op, scale });
}

/** `neighborhoodAttentionForward` under the name that its caller used, so that errors say it. */
export function attentionCalled(name: string): Op<NaInputs, NaAttrs, ['output', 'logsumexp']> {
  return defineOp({
    name,
    inputs: ['query', 'key', 'value'],
    outputs: ['output', 'logsumexp'],
    attrs: defaults,
    dtype: (dtype) => [dtype, dtype === 'float16' ? 'float32' : dtype],
    shape({ query, key, value }, attrs) {
      check(name, query, key, value, attrs);
      return [query, query.slice(0, -1)];
    },
    reference: (inputs, attrs) => attentionReference(inputs, attrs),
    kernels: { cpu: forwardCpu },
    saves: ['query', 'key', 'value', 'output', 'logsumexp'],
    backward({ grads: [g, gl], inputs: { query, key, value }, outputs: { output, logsumexp }, attrs }) {
      if (isGradEnabled()) {
        const advice = 'compute attention with matmul and softmax where second derivatives are needed';
        throw new GradError(`the fused operation has no second derivative; ${advice}`, { op: name });
      }
      const [dq, dk, dv] = neighborhoodAttentionBackward(
        query,
        key,
        value,
        output,
        logsumexp,
        g ?? zerosLike(output),
        gl ?? undefined,
        attrs,
      );
      return { query: dq, key: dk, value: dv };
    },
    samples,
    errors,
  });
}

/**
 * Fused neighborhood attention with its logsumexp: output = Σⱼ pⱼ vⱼ, p = softmax(scale · q · kⱼ) over the query's neighbours,
 * logsumexp = ln Σⱼ exp(scale · q · kⱼ). query, key, value [B, *X, N, D] → output [B, *X, N, D], logsumexp [B, *X, N].
 * Memory grows with the tokens, not with tokens × neighbours; gradients flow through both outputs.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source Hassani et al., "Faster Neighborhood Attention", 2024; Hassani et al., "Generalized Neighborhood Attention", 2025
 */
export const neighborhoodAttentionForward: Op<NaInputs, NaAttrs, ['output', 'logsumexp']> =
  attentionCalled('neighborhoodAttention');

/** The gradients of query, key and value from those of output and logsumexp: p is made again from the scores and logsumexp. */
export const neighborhoodAttentionBackward: Op<NaBackwardInputs, NaAttrs, ['gradQuery', 'gradKey', 'gradValue']> =
  defineOp({
    name: 'neighborhoodAttentionBackward',
    inputs: ['query', 'key', 'value', 'output', 'logsumexp', 'gradOutput', 'gradLogsumexp?'],
    outputs: ['gradQuery', 'gradKey', 'gradValue'],
    attrs: defaults,
    shape({ query, key, value, output, logsumexp, gradOutput, gradLogsumexp }, attrs) {
      check('neighborhoodAttentionBackward', query, key, value, attrs);
      const rows = query.slice(0, -1);
      const wanted = {
        output: [output, query],
        logsumexp: [logsumexp, rows],
        gradOutput: [gradOutput, query],
        gradLogsumexp: [gradLogsumexp ?? rows, rows],
      } as const;
      for (const [label, [got, fit]] of Object.entries(wanted)) {
        if (sameShape(got, fit)) continue;
        throw new ShapeError(
          `${label} ${formatShape(got)} does not fit query ${formatShape(query)}; it must be ${formatShape(fit)}`,
          {
            op: 'neighborhoodAttentionBackward',
            got,
            query,
          },
        );
      }
      return [query, key, value];
    },
    reference: (inputs, attrs) => attentionBackwardReference(inputs, attrs),
    kernels: { cpu: backwardCpu },
    samples: backwardSamples,
    errors: [
      {
        query: [1, 5, 1, 4],
        key: [1, 5, 1, 4],
        value: [1, 5, 1, 4],
        output: [1, 5, 1, 4],
        logsumexp: [1, 5],
        gradOutput: [1, 5, 1, 4],
        attrs: { kernelSize: 3 },
        throws: 'logsumexp [1, 5] does not fit query [1, 5, 1, 4]; it must be [1, 5, 1]',
      },
    ],
  });
