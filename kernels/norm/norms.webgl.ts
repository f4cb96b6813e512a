// Normalisations: the statistics of what is normalised together, then each element by itself. All are told the same way: x is
// [outer, n, inner], lines of n elements share statistics, and element i has the parameter `parameter`.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { BatchNormUpdateAttrs } from './batchNormOps.ts';
import type { GroupNormAttrs } from './groupNorm.ts';
import type { LayerNormAxes } from './layerNorm.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launchElementwise } from '../elementwise/elementwise.webgl.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { launch } from '../runtime/webgl/launch.ts';

/** How elements fall together, as GLSL. */
interface Extent {
  readonly key: string;
  /** Elements of a line. */
  readonly n: number;
  /** The place of term k of line i. */
  readonly place: string;
  /** The line of element i. */
  readonly line: string;
  /** How many elements a parameter has, and the place of term k of parameter i. */
  readonly share: number;
  readonly sharePlace: string;
  /** The parameter of element i. */
  readonly parameter: string;
}

function rowsOf({ shape, size }: Tensor, axes: number): Extent {
  const n = sizeOf(shape.slice(shape.length - axes));
  return {
    key: `rows ${n}`,
    n,
    place: `i * ${n} + k`,
    line: `i / ${n}`,
    share: n === 0 ? 0 : size / n,
    sharePlace: `k * ${n} + i`,
    parameter: `i % ${n}`,
  };
}

/** Channels of x [N, C, *] in groups; a line is one group of one image, or with `groups` null a channel of all images. */
function channelsOf({ shape }: Tensor, groups: number | null): Extent {
  const [images, channels] = shape as [number, number];
  const inner = sizeOf(shape.slice(2));
  const each = `(k / ${inner} * ${channels} + i) * ${inner} + k % ${inner}`;
  const channel = `i / ${inner} % ${channels}`;
  const shared = { share: images * inner, sharePlace: each, parameter: channel };
  if (groups === null)
    return { key: `channels ${channels} ${inner}`, n: images * inner, place: each, line: channel, ...shared };
  const n = (channels / groups) * inner;
  return { key: `groups ${channels} ${inner} ${n}`, n, place: `i * ${n} + k`, line: `i / ${n}`, ...shared };
}

interface Parameters {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
}

const given = (inputs: Readonly<Record<string, Tensor | undefined>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(inputs).flatMap(([name, x]) => (x ? [[name, x] as const] : [])));
const keyOf = (inputs: object): string => Object.keys(inputs).join();

/** mean and 1 / √(variance + eps) of each line, then y = (x − mean) · rstd · weight + bias. */
function normalize(
  x: Tensor,
  { weight, bias }: Parameters,
  eps: number,
  extent: Extent,
  outputs: readonly Tensor[],
): void {
  const [y, mean, rstd] = outputs as [Tensor, Tensor, Tensor];
  const { key, n, place, line, parameter } = extent;
  const term = (value: string): string => `int at = ${place}; float term = ${value};`;
  accumulate({ key: `norm mean ${key}`, inputs: { x }, count: n, term: term('x(at)'), finish: `s / ${n}.0` }, mean);
  accumulate(
    {
      key: `norm rstd ${key}`,
      inputs: { x, mean },
      numbers: { eps },
      count: n,
      term: term('(x(at) - mean(i)) * (x(at) - mean(i))'),
      finish: `inversesqrt(s / ${n}.0 + params.eps)`,
    },
    rstd,
  );
  const inputs = given({ x, mean, rstd, weight, bias });
  const code = (): string => `float element(int i) {
  int line = ${line};
  float value = (x(i) - mean(line)) * rstd(line);
  return value${weight ? ` * weight(${parameter})` : ''}${bias ? ` + bias(${parameter})` : ''};
}`;
  launch({ key: `norm ${keyOf(inputs)} ${key}`, inputs, code }, y);
}

interface Gradient {
  readonly x: Tensor;
  readonly weight?: Tensor | undefined;
  readonly mean?: Tensor;
  readonly rstd: Tensor;
  readonly g: Tensor;
}

/** dx = r (u − mean u − x̂ mean (u x̂)), u = g · weight, x̂ = (x − mean) r; without a mean, r (u − x̂ mean (u x̂)). */
function normalizeBackward({ x, weight, mean, rstd, g }: Gradient, extent: Extent, outputs: readonly Tensor[]): void {
  const { key, n, place, line, share, sharePlace, parameter } = extent;
  const normal = (at: string, of: string): string => `(x(${at})${mean ? ` - mean(${of})` : ''}) * rstd(${of})`;
  const inputs = given({ x, weight, mean, rstd, g });
  const functions = `int lineOf(int i) { return ${line}; }
int parameterOf(int i) { return ${parameter}; }
float u(int i) { return g(i)${weight ? ' * weight(parameterOf(i))' : ''}; }`;
  const name = `normBackward ${keyOf(inputs)} ${key}`;
  const lines = rstd.size;
  withTemporary(x, 'float32', [lines], (total) =>
    withTemporary(x, 'float32', [lines], (product) => {
      const terms = { inputs, functions, count: n };
      if (mean) accumulate({ ...terms, key: `${name} total`, term: `int at = ${place}; float term = u(at);` }, total);
      const term = `int at = ${place}; float term = u(at) * ${normal('at', 'i')};`;
      accumulate({ ...terms, key: `${name} product`, term }, product);
      const code = (): string => `${functions}
float element(int i) {
  int line = lineOf(i);
  float normal = ${normal('i', 'line')};
  return rstd(line) * (u(i)${mean ? ` - total(line) / ${n}.0` : ''} - normal * product(line) / ${n}.0);
}`;
      launch({ key: name, inputs: { ...inputs, ...(mean && { total }), product }, code }, outputs[0]!);
    }),
  );
  const ofWeight = `int at = ${sharePlace}; float term = g(at) * ${normal('at', 'lineOf(at)')};`;
  accumulate({ key: `${name} weight`, inputs, functions, count: share, term: ofWeight }, outputs[1]!);
  const ofBias = `int at = ${sharePlace}; float term = g(at);`;
  if (outputs[2])
    accumulate({ key: `normBackward bias ${key}`, inputs: { g }, count: share, term: ofBias }, outputs[2]);
}

type Affine = ['x', 'weight?', 'bias?'];
type Backward = ['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'];

export const layerNormForwardWebgl: Kernel<Affine, LayerNormAxes & { eps?: number }> = (
  inputs,
  { axes, eps },
  outputs,
) => normalize(inputs.x, inputs, eps, rowsOf(inputs.x, axes), outputs);
export const layerNormBackwardWebgl: Kernel<Backward, LayerNormAxes> = (inputs, { axes }, outputs) =>
  normalizeBackward(inputs, rowsOf(inputs.x, axes), outputs);

export const groupNormForwardWebgl: Kernel<Affine, GroupNormAttrs & { eps?: number }> = (inputs, attrs, outputs) =>
  normalize(inputs.x, inputs, attrs.eps, channelsOf(inputs.x, attrs.groups), outputs);
export const groupNormBackwardWebgl: Kernel<Backward, GroupNormAttrs> = (inputs, { groups }, outputs) =>
  normalizeBackward(inputs, channelsOf(inputs.x, groups), outputs);

export const batchNormForwardWebgl: Kernel<Affine, { eps?: number }> = (inputs, { eps }, outputs) =>
  normalize(inputs.x, inputs, eps, channelsOf(inputs.x, null), outputs);
export const batchNormBackwardWebgl: Kernel<Backward> = (inputs, _attrs, outputs) =>
  normalizeBackward(inputs, channelsOf(inputs.x, null), outputs);

export const rmsNormForwardWebgl: Kernel<['x', 'weight?'], LayerNormAxes & { eps?: number }> = (
  { x, weight },
  { axes, eps },
  [y, rstd],
) => {
  const { key, n, place, line, parameter } = rowsOf(x, axes);
  const term = `int at = ${place}; float term = x(at) * x(at);`;
  const finish = `inversesqrt(s / ${n}.0 + params.eps)`;
  accumulate({ key: `rmsNorm ${key}`, inputs: { x }, numbers: { eps }, count: n, term, finish }, rstd!);
  const inputs = given({ x, rstd, weight });
  const scale = weight ? ` * weight(${parameter})` : '';
  const code = (): string => `float element(int i) { return x(i) * rstd(${line})${scale}; }`;
  launch({ key: `rmsNorm ${keyOf(inputs)} ${key}`, inputs, code }, y!);
};
export const rmsNormBackwardWebgl: Kernel<['x', 'weight?', 'rstd:wide', 'g'], LayerNormAxes> = (
  inputs,
  { axes },
  outputs,
) => normalizeBackward(inputs, rowsOf(inputs.x, axes), outputs);

/** With statistics that are given: those of evaluation. */
export const normalizeChannelsWebgl: Kernel<
  ['x', 'mean:wide', 'variance:wide', 'weight?', 'bias?'],
  { eps?: number }
> = ({ x, mean, variance, weight, bias }, { eps }, [y]) => {
  const { key, parameter } = channelsOf(x, null);
  const inputs = given({ x, mean, variance, weight, bias });
  const code = (): string => `float element(int i) {
  int c = ${parameter};
  float value = (x(i) - mean(c)) * inversesqrt(variance(c) + params.eps);
  return value${weight ? ' * weight(c)' : ''}${bias ? ' + bias(c)' : ''};
}`;
  launch({ key: `normalizeChannels ${keyOf(inputs)} ${key}`, inputs, numbers: { eps }, code }, y!);
};

type Running = ['runningMean', 'runningVar', 'mean:wide', 'rstd:wide'];

export const batchNormUpdateWebgl: Kernel<Running, BatchNormUpdateAttrs> = (
  { runningMean, runningVar, mean, rstd },
  { momentum, eps, count },
) => {
  const blend = (of: string): string => `x + params.momentum * (${of} - x)`;
  launchElementwise({ name: 'blend', value: blend('y') }, [runningMean, mean], runningMean, { momentum });
  const variance = 'max(1.0 / (y * y) - params.eps, 0.0) * params.factor';
  const numbers = { momentum, eps, factor: count / (count - 1) };
  launchElementwise({ name: 'blend variance', value: blend(variance) }, [runningVar, rstd], runningVar, numbers);
};
