import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { checkAlike } from './alike.ts';
import { where } from '../elementwise/where.ts';
import { concat } from '../layout/concat.ts';

/**
 * The attention to several sets of keys at once, from the attention to each: output = Σᵢ softmax(logsumexps)ᵢ ·
 * outputᵢ and logsumexp = ln Σᵢ exp(logsumexpᵢ). outputs [*, N, D], logsumexps [*, N], all of one shape, from one up.
 * The sets must be disjoint. Gradients through all of it are exact.
 *
 * A set without keys has logsumexp −∞: its output counts for nothing, whatever it holds. Where all are empty the
 * result is 0 and −∞.
 *
 * @throws ShapeError when shapes differ; ArgumentError for empty lists, or lists of unequal length
 * @source NATTEN 0.21 `merge_attentions`
 * @example
 * const q = randn([1, 8, 2, 4]);
 * const parts = [3, 5].map((kernelSize) => na1d(q, q, q, { kernelSize, returnLogsumexp: true }));
 * mergeAttentions(parts.map((part) => part.output), parts.map((part) => part.logsumexp)).output.shape; // [1, 8, 2, 4]
 */
export function mergeAttentions(
  outputs: readonly Tensor[],
  logsumexps: readonly Tensor[],
): { output: Tensor; logsumexp: Tensor } {
  check(outputs, logsumexps);
  return scope(() => {
    const parts = concat(
      logsumexps.map((x) => x.unsqueeze(-1)),
      { axis: -1 },
    );
    const weights = parts.softmax();
    const terms = outputs.map((output, i) => {
      const isEmpty = logsumexps[i]!.eq(-Infinity).unsqueeze(-1);
      return where(isEmpty, 0, output).mul(weights.slice({ axis: -1, start: i, end: i + 1 }));
    });
    const output = terms.reduce((a, b) => a.add(b));
    return { output: output.cast(outputs[0]!.dtype), logsumexp: parts.logsumexp({ axis: -1 }) };
  });
}

function check(outputs: readonly Tensor[], logsumexps: readonly Tensor[]): void {
  const op = 'mergeAttentions';
  for (const [name, list] of Object.entries({ outputs, logsumexps })) {
    if (!Array.isArray(list)) throw new ArgumentError(`${name} must be an array of tensors`, { op });
    checkAlike(op, Object.fromEntries(list.map((x, i) => [`${name}[${i}]`, x])));
  }
  const [n, m] = [outputs.length, logsumexps.length];
  if (n !== m || n === 0) {
    const wanted = n === m ? 'give at least one of each' : 'give one logsumexp per output';
    throw new ArgumentError(`got ${n} outputs and ${m} logsumexps; ${wanted}`, { op, outputs: n, logsumexps: m });
  }
  const { shape } = outputs[0]!;
  if (shape.length < 2) throw new ShapeError(`outputs[0] ${formatShape(shape)} must be [*, N, D]`, { op, shape });
  outputs.forEach((x, i) => checkLike(`outputs[${i}]`, x, shape, shape));
  logsumexps.forEach((x, i) => checkLike(`logsumexps[${i}]`, x, shape.slice(0, -1), shape));
}

function checkLike(name: string, { shape }: Tensor, wanted: readonly number[], first: readonly number[]): void {
  if (sameShape(shape, wanted)) return;
  const misfit = `${name} ${formatShape(shape)} does not fit outputs[0] ${formatShape(first)}`;
  throw new ShapeError(`${misfit}; it must be ${formatShape(wanted)}`, { op: 'mergeAttentions', [name]: shape, first });
}
