// Neighborhood attention on a page's WebGL2 gives what the oracle gives, forward and backward, and the same bits again.

import { expect, test } from 'vitest';
import type { NaOptions } from '../../index.ts';
import type { Operands, Results } from '../kernels/neighborhood/attend.ts';
import { attention, device, memory, neighborhoodAttention, scope, zeros } from '../../index.ts';
import { choose } from '../../kernels/neighborhood/choose.ts';
import { readCall } from '../../kernels/neighborhood/options.ts';
import { drawOperands, expectNear, implemented, run, runLater } from '../kernels/neighborhood/attend.ts';
import { expectOracle } from '../kernels/neighborhood/oracle.ts';
import { holdKeys } from './texts.ts';

const webgl = await device('webgl');
holdKeys();

test.each(['fused', 'unfused', 'dense'] as const)('%s is the oracle', (implementation) =>
  expectOracle('webgl', implementation, 8),
);

/** The fused operation on both devices. */
async function both(operands: Operands, options: NaOptions): Promise<[got: Results, want: Results]> {
  return [
    await runLater(implemented('fused', options), operands, 'webgl'),
    run(implemented('fused', options), operands, 'reference'),
  ];
}

test('rows of more vectors than one invocation makes, the last of them not whole', async () => {
  const operands = drawOperands([1, 7, 2, 33], 1, 1, { headsKv: 1, dimValue: 70 });
  const [got, want] = await both(operands, { kernelSize: 3, dilation: 2 });
  expectNear(got, want, 1e-4, 5e-5);
});

test('scores in the hundreds', async () => {
  const [got, want] = await both(drawOperands([1, 6, 5, 1, 8], 2, 14), { kernelSize: [3, 4], isCausal: true });
  expectNear(got, want, 1e-2, 1e-3);
});

test('what is not a number stays with those who see it', async () => {
  const operands = drawOperands([1, 5, 6, 1, 3]);
  const spoil = (name: 'query' | 'key' | 'value', at: number, x: number): void => {
    (operands[name].data as number[])[at] = x;
  };
  spoil('query', 4, NaN);
  spoil('key', 40, NaN);
  spoil('value', 88, Infinity);
  const [got, want] = await both(operands, { kernelSize: [2, 3], stride: [2, 1] });
  for (const name of ['output', 'logsumexp', 'gradQuery', 'gradKey', 'gradValue'] as const) {
    const isFinite = (x: Results): boolean[] => Array.from(x[name].data, Number.isFinite);
    expect(isFinite(got), name).toEqual(isFinite(want));
    expect(new Set(isFinite(got)).size, name).toBe(2);
  }
});

test('a pass leaves nothing behind', async () => {
  const operands = drawOperands([1, 9, 2, 5], 1, 1, { rpb: [5], additional: 2 });
  const step = (): Promise<Results> => runLater(implemented('fused', { kernelSize: 3 }), operands, 'webgl');
  await step();
  const before = memory()['webgl']!;
  await step();
  expect(memory()['webgl']).toEqual(before);
});

test('where nothing is said it is unfused, unless the weights would not fit', async () => {
  const chosen = (tokens: number, options: NaOptions, heads = 16): string =>
    scope(() => {
      const q = zeros([1, tokens, heads, 1], { device: webgl });
      return choose(readCall('na', { query: q, key: q, value: q }, options));
    });
  expect(chosen(4096, { kernelSize: 256 })).toBe('unfused');
  expect(chosen(4096, { kernelSize: 257 })).toBe('fused');
  expect(chosen(4096, { kernelSize: 256, dropout: 0.5 })).toBe('unfused');
  expect(chosen(4096, { kernelSize: 4096 })).toBe('plain');
  using q = zeros([1, 4097, 1, 1], { device: webgl });
  // 4097 · 4097 weights are more than the device takes.
  using y = neighborhoodAttention(q, q, q, { kernelSize: 4097 });
  expect((await y.data()).every((x) => x === 0)).toBe(true);
  expect(() => neighborhoodAttention(q, q, q, { kernelSize: 4097, implementation: 'unfused' })).toThrow(
    'is too large for webgl',
  );
});

test('attention between two sequences, as layers call it', async () => {
  const [q, k] = [zeros([1, 4, 2, 6], { device: webgl }), zeros([1, 7, 1, 6], { device: webgl })];
  expect((await attention(q, k, k, { isCausal: true }).data()).every((x) => x === 0)).toBe(true);
  const none = zeros([1, 0, 1, 6], { device: webgl });
  const { output, logsumexp } = attention(q, none, none, { returnLogsumexp: true });
  expect((await output.data()).every((x) => x === 0)).toBe(true);
  expect((await logsumexp.data()).every((x) => x === -Infinity)).toBe(true);
});
