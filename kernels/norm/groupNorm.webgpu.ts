import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import type { Pass } from '../reduce/passes.ts';
import type { GroupNormAttrs } from './groupNorm.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { launchFold } from '../reduce/fold.webgpu.ts';
import { launchLines } from '../reduce/lines.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { meanFold, rstdFold } from './batchNorm.webgpu.ts';

/** x [N, C, *] as lines of one channel of one sample each, and as lines of one group. */
function linesOf(x: Tensor, groups: number): { channels: Pass; parts: Pass } {
  const [n, channels] = x.shape as [number, number];
  const inner = sizeOf(x.shape.slice(2));
  return {
    channels: { outer: n * channels, n: inner, inner: 1 },
    parts: { outer: n * groups, n: (channels / groups) * inner, inner: 1 },
  };
}

/** Of a line that is a channel: its group's number, and its channel's. */
const ofGroup = (table: string): string => `f32(${table}[params.${table}Offset + line / params.each])`;
const ofChannel = (table: string): string => `f32(${table}[params.${table}Offset + line % params.channels])`;

const sizes = [
  ['channels', 'u32'],
  ['each', 'u32'],
] as const;

export const groupNormForwardWebgpu: Kernel<['x', 'weight?', 'bias?'], GroupNormAttrs & { eps?: number }> = (
  { x, weight, bias },
  { groups, eps },
  [y, mean, rstd],
) => {
  if (x.size === 0) return [mean!, rstd!].forEach((statistic) => statistic.size > 0 && fillAll(statistic, NaN));
  const { channels, parts } = linesOf(x, groups);
  launchFold(meanFold, { streams: { x }, words: [parts.n] }, [parts], [mean!]);
  const around = { streams: { x }, tables: { mean: mean! }, words: [parts.n, eps, parts.outer] };
  launchFold(rstdFold, around, [parts], [rstd!]);
  launchLines(
    {
      name: `groupAffine ${weight ? 'scaled' : ''} ${bias ? 'moved' : ''}`,
      streams: { x },
      tables: { mean: mean!, rstd: rstd!, ...(weight && { weight }), ...(bias && { bias }) },
      writes: { y: y! },
      params: sizes,
      words: [x.shape[1]!, x.shape[1]! / groups],
      body: ({ each }) => `  let m = ${ofGroup('mean')};
  let s = ${ofGroup('rstd')}${weight ? ` * ${ofChannel('weight')}` : ''};
  let b = ${bias ? ofChannel('bias') : '0.0'};
${each('store_y(at, ($x - m) * s + b);')}`,
    },
    channels,
  );
};

/** Of each channel of each sample: Σ (g ⊙ x̂, g). */
const channelSums: Fold = {
  name: 'groupChannels',
  state: 'vec2f',
  neutral: 'vec2f()',
  element: `vec2f(g * (x - ${ofGroup('mean')}) * ${ofGroup('rstd')}, g)`,
  merge: 'return a + b;',
  results: ['s.x', 's.y'],
  params: sizes,
};

/** Over samples. */
const parameterSums: Fold = {
  ...channelSums,
  name: 'groupParameters',
  element: 'vec2f(sums, shifts)',
  params: [],
};

/** Of each group: the means of u ⊙ x̂ and of u, u = g ⊙ weight. */
function groupMeans(isScaled: boolean): Fold {
  const weight = isScaled ? ' * f32(weight[params.weightOffset + line % params.groups * params.each + k])' : '';
  return {
    ...channelSums,
    name: `groupMeans ${isScaled}`,
    element: `vec2f(sums, shifts)${weight}`,
    results: ['s.x / params.divisor', 's.y / params.divisor'],
    params: [
      ['groups', 'u32'],
      ['each', 'u32'],
      ['divisor', 'f32'],
    ],
  };
}

/** dx = r (u − mean u − x̂ mean(u ⊙ x̂)). */
export const groupNormBackwardWebgpu: Kernel<['x', 'weight?', 'mean:wide', 'rstd:wide', 'g'], GroupNormAttrs> = (
  { x, weight, mean, rstd, g },
  { groups },
  [dx, dweight, dbias],
) => {
  if (x.size === 0) return [dweight!, dbias!].forEach((sum) => sum.size > 0 && fillAll(sum, 0));
  const [n, depth] = x.shape as [number, number];
  const each = depth / groups;
  const { channels, parts } = linesOf(x, groups);
  const statistics = { mean, rstd };
  const scale = weight && { weight };
  const within = (shape: readonly number[], body: (one: Tensor, other: Tensor) => void): void =>
    withTemporary(x, 'float32', shape, (one) => withTemporary(x, 'float32', shape, (other) => body(one, other)));
  within([n, depth], (sums, shifts) =>
    within([n, groups], (meanUx, meanU) => {
      const streams = { sums, shifts };
      const given = { streams: { x, g }, tables: statistics, words: [depth, each] };
      launchFold(channelSums, given, [channels], [sums, shifts]);
      launchFold(parameterSums, { streams }, [{ outer: 1, n, inner: depth }], [dweight!, dbias!]);
      const scaled = { streams, tables: { ...scale }, words: [groups, each, parts.n] };
      launchFold(groupMeans(!!weight), scaled, [{ outer: n * groups, n: each, inner: 1 }], [meanUx, meanU]);
      launchLines(
        {
          name: `groupNormBackward ${weight ? 'scaled' : ''}`,
          streams: { x, g },
          tables: { ...statistics, ...scale, meanUx, meanU },
          writes: { dx: dx! },
          params: sizes,
          words: [depth, each],
          body: (text) => `  let m = ${ofGroup('mean')};
  let s = ${ofGroup('rstd')};
  let w = ${weight ? ofChannel('weight') : '1.0'};
  let ux = ${ofGroup('meanUx')};
  let u = ${ofGroup('meanU')};
${text.each('store_dx(at, ($g * w - u - ($x - m) * s * ux) * s);')}`,
        },
        channels,
      );
    }),
  );
};
