import type { Kernel } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import type { Pass } from '../reduce/passes.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launchFold } from '../reduce/fold.webgpu.ts';
import { launchLines } from '../reduce/lines.webgpu.ts';
import { fillAll, passesOf } from '../reduce/passes.ts';
import { launch } from '../runtime/webgpu/launch.ts';
import { storedType } from '../runtime/webgpu/types.ts';

/** x [N, C, *] as lines of one channel each: line i is of channel i mod C. */
function segmentsOf(shape: Shape): Pass {
  const inner = sizeOf(shape.slice(2));
  return { outer: shape[0]! * shape[1]!, n: inner, inner: 1 };
}

/** What leaves one number for each channel. */
function channelPasses(shape: Shape): Pass[] {
  return passesOf(
    shape,
    shape.map((_, axis) => axis).filter((axis) => axis !== 1),
  );
}

/** The value of a table [C] for the line. */
const at = (table: string): string => `f32(${table}[params.${table}Offset + line % params.channels])`;

const add = 'return a + b;';
/** The mean of each line. */
export const meanFold: Fold = {
  name: 'channelMean',
  state: 'f32',
  neutral: '0.0',
  element: 'x',
  merge: add,
  results: ['s / params.divisor'],
  params: [['divisor', 'f32']],
};
/** 1 / √(mean (x − mean)² + eps) of each line, whose channel is line mod `channels`. */
export const rstdFold: Fold = {
  ...meanFold,
  name: 'channelRstd',
  element: `(x - ${at('mean')}) * (x - ${at('mean')})`,
  results: ['1.0 / sqrt(s / params.divisor + params.eps)'],
  params: [
    ['divisor', 'f32'],
    ['eps', 'f32'],
    ['channels', 'u32'],
  ],
};

interface Affine {
  x: Tensor;
  mean: Tensor;
  /** rstd, or the variance when `eps` is given. */
  scale: Tensor;
  eps?: number;
  weight: Tensor | undefined;
  bias: Tensor | undefined;
}

/** y = (x − mean) · scale · weight + bias per channel. */
function launchAffine({ x, mean: m, scale, eps, weight, bias }: Affine, y: Tensor): void {
  const isVariance = eps !== undefined;
  const factor = isVariance ? `1.0 / sqrt(${at('scale')} + params.eps)` : at('scale');
  launchLines(
    {
      name: `channelAffine ${isVariance} ${weight ? 'scaled' : ''} ${bias ? 'moved' : ''}`,
      streams: { x },
      tables: { mean: m, scale, ...(weight && { weight }), ...(bias && { bias }) },
      writes: { y },
      params: [
        ['channels', 'u32'],
        ['eps', 'f32'],
      ],
      words: [x.shape[1]!, eps ?? 0],
      body: ({ each }) => `  let m = ${at('mean')};
  let s = ${factor}${weight ? ` * ${at('weight')}` : ''};
  let b = ${bias ? at('bias') : '0.0'};
${each('store_y(at, ($x - m) * s + b);')}`,
    },
    segmentsOf(x.shape),
  );
}

export const batchNormForwardWebgpu: Kernel<['x', 'weight?', 'bias?'], { eps?: number }> = (
  { x, weight, bias },
  { eps },
  [y, m, r],
) => {
  if (x.size === 0) return [m!, r!].forEach((statistic) => statistic.size > 0 && fillAll(statistic, NaN));
  const passes = channelPasses(x.shape);
  const count = x.size / x.shape[1]!;
  launchFold(meanFold, { streams: { x }, words: [count] }, passes, [m!]);
  launchFold(rstdFold, { streams: { x }, tables: { mean: m! }, words: [count, eps, x.shape[1]!] }, passes, [r!]);
  launchAffine({ x, mean: m!, scale: r!, weight, bias }, y!);
};

/** Σ (g ⊙ x̂, g) per channel. */
const sums: Fold = {
  name: 'channelGradients',
  state: 'vec2f',
  neutral: 'vec2f()',
  element: `vec2f(g * (x - ${at('mean')}) * ${at('rstd')}, g)`,
  merge: add,
  results: ['s.x', 's.y'],
  params: [['channels', 'u32']],
};

/** dweight = Σ g ⊙ x̂, dbias = Σ g, dx = r · weight (g − mean g − x̂ mean(g ⊙ x̂)). */
export const batchNormBackwardWebgpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g']> = (
  { x, weight, mean: m, rstd: r, g },
  _attrs,
  [dx, dweight, dbias],
) => {
  if (x.size === 0) return [dweight!, dbias!].forEach((sum) => sum.size > 0 && fillAll(sum, 0));
  const statistics = { mean: m, rstd: r };
  const channels = x.shape[1]!;
  const totals = [dweight!, dbias!];
  launchFold(sums, { streams: { x, g }, tables: statistics, words: [channels] }, channelPasses(x.shape), totals);
  launchLines(
    {
      name: `batchNormBackward ${weight ? 'scaled' : ''}`,
      streams: { x, g },
      tables: { ...statistics, ...(weight && { weight }), dweight: dweight!, dbias: dbias! },
      writes: { dx: dx! },
      params: [
        ['channels', 'u32'],
        ['divisor', 'f32'],
      ],
      words: [channels, x.size / channels],
      body: ({ each }) => `  let m = ${at('mean')};
  let s = ${at('rstd')};
  let scale = s${weight ? ` * ${at('weight')}` : ''};
  let meanG = ${at('dbias')} / params.divisor;
  let meanGx = ${at('dweight')} / params.divisor;
${each('store_dx(at, ($g - meanG - ($x - m) * s * meanGx) * scale);')}`,
    },
    segmentsOf(x.shape),
  );
};

type Given = ['x', 'mean:wide', 'variance:wide', 'weight?', 'bias?'];

export const normalizeChannelsWebgpu: Kernel<Given, { eps?: number }> = (
  { x, mean: m, variance, weight, bias },
  { eps },
  [y],
) => {
  if (x.size > 0) launchAffine({ x, mean: m, scale: variance, eps, weight, bias }, y!);
};

type Running = ['runningMean', 'runningVar', 'mean:wide', 'rstd:wide'];

/** running = (1 − momentum) running + momentum · batch, the variance unbiased by `correction`. */
export const batchNormUpdateWebgpu: Kernel<Running, { momentum?: number; eps?: number; count: number }> = (
  { runningMean, runningVar, mean: m, rstd: r },
  { momentum, eps, count },
) => {
  if (m.size === 0) return;
  const tensors = [runningMean, runningVar, m, r];
  const names = ['runningMean', 'runningVar', 'mean', 'rstd'] as const;
  const types = tensors.map(({ dtype }) => storedType(dtype));
  const place = (name: string): string => `${name}[params.${name}Offset + i]`;
  const blend = (name: string, type: string, value: string): string =>
    `  ${place(name)} = ${type}((1.0 - params.momentum) * f32(${place(name)}) + params.momentum * ${value});`;
  launch(
    `batchNormUpdate ${types.join()}`,
    () => ({
      name: 'batchNormUpdate',
      buffers: names.map((name, i) => (i < 2 ? [name, types[i]!, 'write'] : [name, types[i]!])),
      params: [
        ['count', 'u32'],
        ['momentum', 'f32'],
        ['eps', 'f32'],
        ['correction', 'f32'],
      ],
      workgroupSize: [64],
      body: `  let i = global.x;
  if (i >= params.count) { return; }
  let r = f32(${place('rstd')});
  let variance = max(1.0 / (r * r) - params.eps, 0.0) * params.correction;
${blend('runningMean', types[0]!, `f32(${place('mean')})`)}
${blend('runningVar', types[1]!, 'variance')}`,
    }),
    tensors,
    [m.size, momentum, eps, count / (count - 1)],
    [Math.ceil(m.size / 64), 1, 1],
  );
};
