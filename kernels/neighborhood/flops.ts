import type { Shape } from '../../tensor/shape.ts';
import type { NaProblem } from './problem.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkOptions } from '../../tensor/options.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { tokenAxesOf } from './mask.ts';
import { slotsOf } from './slotChecks.ts';

/**
 * Operations of an op on operands [B, *X, N, D] that makes `dims` products over D and `dimsValue` over Dv for each pair of a query
 * and a key; additional keys are seen by every query.
 */
export function flopsOf(
  { query, value, additionalKeys }: { query: Shape; value: Shape; additionalKeys?: Shape | undefined },
  { kernelSize }: Pick<NaProblem, 'kernelSize'>,
  dims: number,
  dimsValue: number,
): number {
  const axes = query.length - 3;
  const slots = typeof kernelSize === 'number' ? kernelSize ** axes : sizeOf(kernelSize);
  const pairs = sizeOf(query.slice(0, -1)) * (slots + (additionalKeys?.[1] ?? 0));
  return 2 * pairs * (dims * query.at(-1)! + dimsValue * value.at(-1)!);
}

export interface NaFlopsOptions extends NaProblem {
  /** Query heads. */
  heads: number;
  /** Of a query and a key. */
  dim: number;
  /** Of a value. Default `dim`. */
  dimValue?: number;
}

const known = ['kernelSize', 'dilation', 'stride', 'isCausal', 'heads', 'dim', 'dimValue'] as const;

/**
 * Floating point operations of one batch entry, two per multiply-add of the products alone. Forward: scores and
 * output, 2 · T · ΠK · heads · (dim + dimValue). Backward: scores again, dQ and dK over dim, dP and dV over dimValue,
 * so 2 · T · ΠK · heads · (3 · dim + 2 · dimValue). As in NATTEN, causal problems are not discounted, and softmax,
 * bias and additional tokens do not count.
 *
 * @param shape - the token axes
 * @throws ShapeError when the problem does not fit them; ArgumentError for sizes that are no integers >= 1
 * @source NATTEN 0.17.5 `natten/flops.py`
 * @example
 * naFlops([56, 56], { kernelSize: 7, heads: 2, dim: 32 }); // { forward: 39337984, backward: 98344960 }
 */
export function naFlops(shape: readonly number[], problem: NaFlopsOptions): { forward: number; backward: number } {
  const op = 'naFlops';
  const given = checkOptions(op, problem, known, ['kernelSize', 'heads', 'dim']);
  const { heads, dim, dimValue = dim, ...rest } = given;
  for (const [name, size] of Object.entries({ heads, dim, dimValue })) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new ArgumentError(`${name} must be an integer >= 1, got ${String(size)}`, { op, [name]: size });
  }
  const pairs = sizeOf(shape) * slotsOf(tokenAxesOf(op, shape, rest)) * heads;
  return { forward: 2 * pairs * (dim + dimValue), backward: 2 * pairs * (3 * dim + 2 * dimValue) };
}
