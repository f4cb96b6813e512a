// What the fused operations have the attention's programs do.

import type { Tensor } from '../../../tensor/tensor.ts';
import type { BackwardOperands, Operands, Weights } from '../packed.ts';
import type { Attending, Extents } from './attend.ts';
import type { Options } from './bodies.ts';
import type { Sighting } from './sighting.ts';
import type { Stats } from './stats.ts';
import { withTemporary } from '../../runtime/temporary.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { scaleFor, withRows } from '../packed.ts';
import { attend } from './attend.ts';
import { backwardKeyBody, backwardQueryBody, biasGradBody, forwardBody, logsumexpCode, optionKey } from './bodies.ts';
import { rowsLast } from './rows.ts';
import { withStats } from './stats.ts';
import { attendTiled } from './tiled.ts';

/** Parts in which the gradient of a bias is summed: enough invocations for a GPU, few enough to add. */
const biasSlices = 64;
/** What -∞ is made of, which WGSL has no literal for. */
const lowest = ['lowest', 'u32', 0xff800000] as const;

export function forward(
  operands: Operands,
  sighting: Sighting,
  attrs: Weights,
  output: Tensor,
  logsumexp: Tensor,
): void {
  withRows(operands, (packed) => {
    const { query, key, value, rpb, additionalKeys, additionalValues } = packed;
    const task = { query: rowsLast('query', query), value: rowsLast('value', value) };
    const reads = [task.query, rowsLast('key', key), task.value];
    const options = optionsOf(packed, sighting, attrs);
    const added =
      additionalKeys && additionalValues
        ? [rowsLast('addedKey', additionalKeys), rowsLast('addedValue', additionalValues)]
        : [];
    const shared = {
      ...common(packed, sighting, attrs, options),
      key: `forward ${optionKey(options)}`,
      reads: [...reads, ...added],
      writes: [rowsLast('output', output)],
      others: [...biasOf(rpb), ...tableOf(sighting.windows?.byQuery), ['logsumexp', logsumexp, 'write']],
      params: [scaleOf(query, attrs, Math.LOG2E), lowest, ['additional', 'u32', additionalKeys?.shape[1] ?? 0]],
      declarations: logsumexpCode,
    } as const;
    if (attendTiled('forward', shared, sighting, options)) return;
    attend({ ...shared, body: forwardBody(sighting.byQuery, task, options) });
  });
}

export function backwardQuery(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  gradQuery: Tensor,
  gradRpb: Tensor | undefined,
): void {
  withStats(operands, sighting, (packed, stats) => {
    const { query, key, value, gradOutput, rpb, additionalKeys, additionalValues } = packed;
    const task = { query: rowsLast('query', query), value: rowsLast('value', value) };
    const options = optionsOf(packed, sighting, attrs);
    const owner = [task.query, rowsLast('grad', gradOutput)];
    const shared = {
      ...common(packed, sighting, attrs, options),
      writes: [rowsLast('result', gradQuery)],
      params: [
        scaleOf(query, attrs, Math.LOG2E),
        resultScale(query, attrs, 1),
        ...stats.params,
        ['additional', 'u32', additionalKeys?.shape[1] ?? 0],
      ] as const,
      declarations: stats.code,
    };
    const pass = {
      ...shared,
      key: `backward query ${optionKey({ ...options, hasAdditional: false })}`,
      reads: [...owner, rowsLast('key', key), task.value],
      others: [...stats.buffers, ...biasOf(rpb), ...tableOf(sighting.windows?.byQuery)],
    } as const;
    if (!attendTiled('backwardQuery', pass, sighting, options))
      attend({ ...pass, body: backwardQueryBody(sighting.byQuery, task, options, false) });
    if (options.hasAdditional)
      attend({
        ...shared,
        key: 'backward query of additional tokens',
        reads: [...owner, rowsLast('key', additionalKeys!), rowsLast('value', additionalValues!)],
        others: stats.buffers,
        body: backwardQueryBody(sighting.byQuery, task, { ...options, hasBias: false }, true),
      });
    if (gradRpb) biasGrad(packed, sighting, attrs, options, stats, gradRpb);
  });
}

export function backwardKey(
  operands: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  gradKey: Tensor,
  gradValue: Tensor,
): void {
  withStats(operands, sighting, (packed, stats) => {
    const { query, key, value, gradOutput, rpb } = packed;
    const task = { query: rowsLast('query', query), value: rowsLast('value', value) };
    const options = optionsOf(packed, sighting, attrs);
    const { extents, dropout } = common(packed, sighting, attrs, options);
    const pass = {
      sight: sighting.byKey,
      extents: {
        batch: extents.batch,
        tokens: extents.boxTokens,
        boxTokens: extents.tokens,
        heads: extents.boxHeads,
        boxHeads: extents.heads,
      },
      dropout,
      key: `backward key ${optionKey({ ...options, hasAdditional: false })}`,
      reads: [rowsLast('key', key), task.value, task.query, rowsLast('grad', gradOutput)],
      writes: [rowsLast('gradKey', gradKey), rowsLast('gradValue', gradValue)],
      others: [...stats.buffers, ...biasOf(rpb), ...tableOf(sighting.windows?.byKey)],
      params: [scaleOf(query, attrs, Math.LOG2E), resultScale(query, attrs, 1), ...stats.params],
      declarations: stats.code,
    } as const;
    if (attendTiled('backwardKey', pass, sighting, options)) return;
    attend({ ...pass, body: backwardKeyBody(sighting.byKey, task, options) });
  });
}

/** Slices of the queries, each summed by its own invocations, then the slices in their order. */
function biasGrad(
  packed: BackwardOperands,
  sighting: Sighting,
  attrs: Weights,
  options: Options,
  stats: Stats,
  gradRpb: Tensor,
): void {
  const { query, key, value, gradOutput, rpb } = packed;
  const task = { query: rowsLast('query', query), value: rowsLast('value', value) };
  const queries = sizeOf(query.shape.slice(0, -2));
  const slices = Math.max(1, Math.min(biasSlices, queries));
  withTemporary(gradRpb, 'float32', [slices, gradRpb.size], (parts) => {
    attend({
      ...common(packed, sighting, attrs, options),
      key: 'gradient of the bias',
      reads: [task.query, rowsLast('grad', gradOutput), rowsLast('key', key), task.value],
      writes: [],
      others: [...stats.buffers, ...biasOf(rpb), ['parts', parts, 'write']],
      params: [
        scaleOf(query, attrs, Math.LOG2E),
        ['queries', 'u32', queries],
        ['slices', 'u32', slices],
        ...stats.params,
      ],
      declarations: stats.code,
      rows: parts.size,
      body: biasGradBody(sighting.byQuery, task, options),
    });
    attend({
      ...common(packed, sighting, { ...attrs, dropout: 0 }, options),
      key: 'sum of slices',
      reads: [],
      writes: [],
      others: [
        ['parts', parts],
        ['sums', gradRpb, 'write'],
      ],
      params: [['slices', 'u32', slices]],
      rows: gradRpb.size,
      body: `  var sum = 0.0;
  for (var i = 0u; i < params.slices; i++) { sum += parts[params.partsOffset + i * params.rows + row]; }
  sums[params.sumsOffset + row] = sum;`.replace('= sum;', gradRpb.dtype === 'float16' ? '= f16(sum);' : '= sum;'),
    });
  });
}

function optionsOf({ rpb, additionalKeys }: Operands, { kernelSizes }: Sighting, { dropout }: Weights): Options {
  const hasAdditional = additionalKeys !== undefined && additionalKeys.shape[1]! > 0;
  return { hasBias: rpb !== undefined, hasAdditional, hasDropout: dropout > 0, kernelSizes };
}

function common(
  { query, key }: Operands,
  sighting: Sighting,
  { dropout, seed, firstKey = 0 }: Weights,
  { hasDropout }: Options,
): Pick<Attending, 'sight' | 'dropout'> & { extents: Extents } {
  return {
    sight: sighting.byQuery,
    extents: {
      batch: query.shape[0]!,
      tokens: sighting.queryTokens,
      boxTokens: sighting.keyTokens,
      heads: query.shape.at(-2)!,
      boxHeads: key.shape.at(-2)!,
    },
    dropout: hasDropout && dropout > 0 ? { p: dropout, seed, firstKey } : undefined,
  };
}

function scaleOf(query: Tensor, attrs: Weights, factor: number): readonly ['scale', 'f32', number] {
  return ['scale', 'f32', factor * scaleFor(query, attrs)];
}

function resultScale(query: Tensor, attrs: Weights, factor: number): readonly ['resultScale', 'f32', number] {
  return ['resultScale', 'f32', scaleOf(query, attrs, factor)[2]];
}

function biasOf(rpb: Tensor | undefined): (readonly ['rpb', Tensor])[] {
  return rpb ? [['rpb', rpb]] : [];
}

function tableOf(windows: Tensor | undefined): (readonly ['windows', Tensor])[] {
  return windows ? [['windows', windows]] : [];
}
