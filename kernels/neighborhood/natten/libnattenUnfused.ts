import type { Shape } from '../../../tensor/shape.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import type { Given, Rules, Wanted } from './libnattenChecks.ts';
import type { Axis } from '../window.ts';
import { grad } from '../../../autograd/backward.ts';
import { withGrad } from '../../../autograd/tape.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { zeros } from '../../create/filled.ts';
import { sum } from '../../reduce/sum.ts';
import { axisNames } from '../problem.ts';
import { assign } from './assign.ts';
import { biasShape, checkKind, checkRank, checkRules, checkShapes, checkTargets } from './libnattenChecks.ts';
import { apart } from './libnattenFused.ts';
import { na1dQk, na2dQk, na3dQk, neighborhoodDots, neighborhoodSpread, neighborhoodSum } from '../unfused.ts';

/** query, key [B, N, *X, D], attn [B, N, *X, ΠK], relPosBias [N, 2K − 1, ...] or null; arrays have an entry per token axis. */
export type QkForward = (
  attn: Tensor,
  query: Tensor,
  key: Tensor,
  relPosBias: Tensor | null,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
) => void;

export type QkBackward = (
  gradQuery: Tensor,
  gradKey: Tensor,
  gradRelPosBias: Tensor | null,
  gradAttn: Tensor,
  query: Tensor,
  key: Tensor,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
) => void;

/** value, output [B, N, *X, D], attn [B, N, *X, ΠK]; arrays have an entry per token axis. */
export type AvForward = (
  output: Tensor,
  attn: Tensor,
  value: Tensor,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
) => void;

export type AvBackward = (
  gradAttn: Tensor,
  gradValue: Tensor,
  gradOutput: Tensor,
  attn: Tensor,
  value: Tensor,
  kernelSize: readonly number[],
  dilation: readonly number[],
  isCausal: readonly boolean[],
) => void;

export function qkForward(tokenAxes: number): QkForward {
  const op = `na${tokenAxes}dQkForward`;
  return (attn, query, key, relPosBias, kernelSize, dilation, isCausal) => {
    const rules = { kernelSize, dilation, isCausal };
    const tensors = { query, key, attn, relPosBias };
    checkUnfused(op, tokenAxes, 'query', tensors, rules);
    checkTargets(op, { attn });
    const options = { ...rules, ...(relPosBias ? { rpb: relPosBias } : {}) };
    apart(() => assign(attn, dotsOf[tokenAxes]!(query, key, options)));
  };
}

export function qkBackward(tokenAxes: number): QkBackward {
  const op = `na${tokenAxes}dQkBackward`;
  return (gradQuery, gradKey, gradRelPosBias, gradAttn, query, key, kernelSize, dilation, isCausal) => {
    const rules = { kernelSize, dilation, isCausal };
    const targets = { gradQuery, gradKey, gradRelPosBias };
    checkUnfused(op, tokenAxes, 'query', { query, key, gradAttn, ...targets }, rules);
    checkTargets(op, targets);
    apart(() => {
      const dq = neighborhoodSum(gradAttn, key, rules);
      const dk = neighborhoodSpread(gradAttn, query, { ...rules, headsKv: query.shape[1]! });
      const db = gradRelPosBias && biasGradient(gradAttn, gradRelPosBias.shape, rules);
      assign(gradQuery, dq);
      assign(gradKey, dk);
      if (gradRelPosBias) assign(gradRelPosBias, db!);
    });
  };
}

export function avForward(tokenAxes: number): AvForward {
  const op = `na${tokenAxes}dAvForward`;
  return (output, attn, value, kernelSize, dilation, isCausal) => {
    const rules = { kernelSize, dilation, isCausal };
    checkUnfused(op, tokenAxes, 'value', { value, attn, output }, rules);
    checkTargets(op, { output });
    apart(() => assign(output, neighborhoodSum(attn, value, rules)));
  };
}

export function avBackward(tokenAxes: number): AvBackward {
  const op = `na${tokenAxes}dAvBackward`;
  return (gradAttn, gradValue, gradOutput, attn, value, kernelSize, dilation, isCausal) => {
    const rules = { kernelSize, dilation, isCausal };
    const targets = { gradAttn, gradValue };
    checkUnfused(op, tokenAxes, 'value', { value, attn, gradOutput, ...targets }, rules);
    checkTargets(op, targets);
    apart(() => {
      const da = neighborhoodDots(gradOutput, value, { ...rules, masked: 0 });
      const dv = neighborhoodSpread(attn, gradOutput, { ...rules, headsKv: value.shape[1]! });
      assign(gradAttn, da);
      assign(gradValue, dv);
    });
  };
}

/** By the number of token axes. */
const dotsOf: Readonly<Record<number, typeof na1dQk>> = { 1: na1dQk, 2: na2dQk, 3: na3dQk };

/** The sum, over batch and pairs, of what arrives at each entry of a bias of `shape`. */
function biasGradient(gradAttn: Tensor, shape: Shape, rules: Rules): Tensor {
  const { device, dtype } = gradAttn;
  const arriving = sum(gradAttn, { axis: 0, keepDims: true });
  return withGrad(true, () => {
    // A bias is added to whatever the scores are, so products of the smallest vectors do.
    const nothing = zeros([...arriving.shape.slice(0, -1), 1], { device, dtype });
    const rpb = zeros(shape, { device, dtype, requiresGrad: true });
    const attn = dotsOf[rules.kernelSize.length]!(nothing, nothing, { ...rules, rpb });
    return grad(attn, [rpb], { gradOutput: arriving })[0]!;
  });
}

/** Checks all tensors against `source`, which is [B, N, *X, D]; the axes of the problem. */
function checkUnfused(op: string, tokenAxes: number, source: string, tensors: Given, rules: Rules): Axis[] {
  checkKind(op, tensors);
  const { shape } = tensors[source]!;
  const letters = `[B, N, ${axisNames(tokenAxes)}`;
  checkRank(op, source, tensors[source]!, tokenAxes + 3, `${letters}, D]`);
  const axes = checkRules(op, shape, shape.slice(2, -1), rules);
  const slots = {
    shape: [...shape.slice(0, -1), sizeOf(rules.kernelSize)],
    letters: `${letters}, product of kernelSize]`,
  };
  const whole = { shape, letters: `${letters}, D]` };
  const wanted: Record<string, Wanted[string]> = {};
  for (const name of Object.keys(tensors)) {
    const isBias = name === 'relPosBias' || name === 'gradRelPosBias';
    const isAttn = name === 'attn' || name === 'gradAttn';
    wanted[name] = isBias ? biasShape(shape[1]!, axes) : isAttn ? slots : whole;
  }
  checkShapes(op, source, tensors, wanted);
  return axes;
}
