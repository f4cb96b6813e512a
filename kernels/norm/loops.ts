// Plain loops for the reference forms of the normalisations. No fast kernel imports this file.

import type { NdArray } from '../../tensor/runtime.ts';
import type { Shape } from '../../tensor/shape.ts';

/** Which mean and which parameter belong to the element at flat position i. */
export interface Groups {
  readonly statistics: Shape;
  readonly statistic: (i: number) => number;
  readonly parameters: Shape;
  readonly parameter: (i: number) => number;
}

function zeros(shape: Shape): NdArray & { data: Float64Array } {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}

/** Means over the groups of statistics. */
function means(values: Float64Array, { statistics, statistic }: Groups): NdArray & { data: Float64Array } {
  const result = zeros(statistics);
  const n = values.length / result.data.length;
  if (n === 0) result.data.fill(NaN);
  values.forEach((v, i) => (result.data[statistic(i)]! += v / n));
  return result;
}

/** [(x − mean) · rstd · weight + bias, mean, rstd], rstd = 1 / √(mean (x − mean)² + eps). */
export function normalize(
  x: NdArray,
  weight: NdArray | undefined,
  bias: NdArray | undefined,
  eps: number,
  groups: Groups,
): [NdArray, NdArray, NdArray] {
  const { statistic, parameter, statistics } = groups;
  const mean = means(Float64Array.from(x.data), groups);
  const centred = Float64Array.from(x.data, (v, i) => v - mean.data[statistic(i)]!);
  const variance = means(
    centred.map((v) => v * v),
    groups,
  );
  const rstd = { shape: statistics, data: variance.data.map((v) => 1 / Math.sqrt(v + eps)) };
  const output = centred.map((v, i) => {
    const p = parameter(i);
    return v * rstd.data[statistic(i)]! * (weight?.data[p] ?? 1) + (bias?.data[p] ?? 0);
  });
  return [{ shape: x.shape, data: output }, mean, rstd];
}

/** [dx, dweight, dbias]: the gradients of `normalize`'s first result, with mean and rstd as functions of x. */
export function normalizeBackward(
  { x, weight, mean, rstd, g }: Record<'x' | 'mean' | 'rstd' | 'g', NdArray> & { weight: NdArray | undefined },
  groups: Groups,
): [NdArray, NdArray, NdArray] {
  const { statistic, parameter, parameters } = groups;
  const normal = Float64Array.from(x.data, (v, i) => (v - mean.data[statistic(i)]!) * rstd.data[statistic(i)]!);
  const u = Float64Array.from(g.data, (v, i) => v * (weight?.data[parameter(i)] ?? 1));
  const meanU = means(u, groups).data;
  const meanUx = means(
    u.map((v, i) => v * normal[i]!),
    groups,
  ).data;
  const dx = u.map((v, i) => {
    const s = statistic(i);
    return rstd.data[s]! * (v - meanU[s]! - normal[i]! * meanUx[s]!);
  });
  const [dweight, dbias] = [zeros(parameters), zeros(parameters)];
  g.data.forEach((v, i) => {
    dweight.data[parameter(i)]! += v * normal[i]!;
    dbias.data[parameter(i)]! += v;
  });
  return [{ shape: x.shape, data: dx }, dweight, dbias];
}
