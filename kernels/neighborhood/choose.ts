import type { DeviceName } from '../../tensor/runtime.ts';
import type { Measured } from './chooseTable.ts';
import type { AttentionCall, Implementation } from './options.ts';
import type { Axis } from './window.ts';
import { isGradEnabled } from '../../autograd/tape.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { measured } from './chooseTable.ts';

/** What the choice depends on. */
export interface ChoiceProblem {
  readonly device: DeviceName;
  readonly axes: readonly Axis[];
  readonly dim: number;
  /** Whether backward will follow. */
  readonly needsGrad: boolean;
}

const implementations: readonly Implementation[] = ['fused', 'unfused', 'dense'];
/** The others take memory for their weights, so they must be faster by more than what a measurement varies by. */
const advantage = 0.8;
/** Bytes of weights above which only the fused operation is taken. */
const mostBytes = 2 ** 26;

/**
 * What 'auto' stands for: the fastest in the table of measured problems, or 'plain', the fused attention without a mask, where all tokens
 * see all (or, in one row, all before them). A bias, dropout and tiles are what the fused operation does best, or alone. On webgl, whose
 * fused operation computes scores more than once, it is 'unfused' while the weights fit.
 */
export function choose(call: AttentionCall): Implementation | 'plain' {
  const { inputs, weighing, tiles } = call;
  if (Object.keys(tiles).length > 0) return 'fused';
  const { query, rpb, additionalKeys } = inputs;
  const { axes, dropout } = weighing;
  const fused = !rpb && isPlain(axes, additionalKeys !== undefined) ? 'plain' : 'fused';
  const fits = (best: Implementation): boolean =>
    4 * query.shape[0]! * query.shape.at(-2)! * weightsOf(best, axes) <= mostBytes;
  if (query.device.name === 'webgl') return fits('unfused') ? 'unfused' : fused;
  if (rpb || dropout > 0) return fused;
  const needsGrad = isGradEnabled() && Object.values(inputs).some((x) => x?.requiresGrad);
  const problem = { device: query.device.name, axes, dim: query.shape.at(-1)!, needsGrad };
  const best = fastest(problem, measured);
  return best !== 'fused' && fits(best) ? best : fused;
}

/** The fastest implementation of the measured problem that is most like this one; 'fused' on a device that has none. */
export function fastest(problem: ChoiceProblem, table: readonly Measured[]): Implementation {
  const rows = table.filter(([device]) => device === problem.device);
  if (rows.length === 0) return 'fused';
  const distances = rows.map((row) => distance(problem, row));
  const [, , , , forward, step] = rows[distances.indexOf(Math.min(...distances))]!;
  const costs = problem.needsGrad ? step : forward;
  const least = Math.min(...costs);
  return least < advantage * costs[0] ? implementations[costs.indexOf(least)]! : 'fused';
}

/** How different two problems are: what share of the tokens a query sees, how many there are, and the head dim, by their logarithms. */
function distance({ axes, dim }: ChoiceProblem, [, tokens, kernelSize, measuredDim]: Measured): number {
  const apart = (a: number, b: number): number => Math.abs(Math.log2(a / b));
  const all = sizeOf(axes.map(({ length }) => length));
  const share = sizeOf(axes.map(meanWindow)) / all;
  const measuredShare = sizeOf(kernelSize) / sizeOf(tokens);
  const rank = tokens.length === axes.length ? 0 : 1;
  return 4 * apart(share, measuredShare) + apart(all, sizeOf(tokens)) + apart(dim, measuredDim) + rank;
}

/** Keys that a query sees on average: causal windows grow from 1 to K at the start of each dilation group. */
function meanWindow({ length, kernelSize, dilation, isCausal }: Axis): number {
  return isCausal ? kernelSize - (kernelSize * (kernelSize - 1) * dilation) / (2 * length) : kernelSize;
}

function weightsOf(implementation: Implementation, axes: readonly Axis[]): number {
  return axes.reduce((n, { length, kernelSize }) => n * length * (implementation === 'dense' ? length : kernelSize), 1);
}

/** Whether attention without a mask does: no window ends before its axis, and what is causal is one row of tokens. */
function isPlain(axes: readonly Axis[], hasAdditional: boolean): boolean {
  if (axes.some(({ length, kernelSize }) => kernelSize !== length)) return false;
  const long = axes.filter(({ length }) => length > 1);
  return long.every(({ isCausal }) => !isCausal) || (long.length === 1 && !hasAdditional);
}
