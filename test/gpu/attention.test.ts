// The tiled programs of the attention: problems that they take, against the cpu.

import { expect, test } from 'vitest';
import type { NaOptions } from '../../index.ts';
import { device, grad, neighborhoodAttention, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';

await device('webgpu');

type Shape = readonly number[];
const problems: readonly (readonly [query: Shape, headsKv: number, problem: NaOptions])[] = [
  [[1, 9, 11, 2, 32], 1, { kernelSize: [3, 4], stride: [1, 2], dilation: [1, 2], isCausal: [true, false] }],
  [[2, 3, 6, 9, 1, 16], 1, { kernelSize: [2, 3, 2], dilation: [1, 2, 1], isCausal: [false, false, true], scale: 0.3 }],
  [[2, 37, 4, 16], 2, { kernelSize: 9, stride: 2, dilation: 2 }],
  [[1, 23, 1, 32], 1, { kernelSize: 11, isCausal: true }],
  // So narrow that a subgroup spans rows of owners, which see different rows.
  [[1, 13, 2, 1, 16], 1, { kernelSize: [4, 2] }],
];

/** Output, logsumexp and the three gradients. */
async function run(
  where: 'cpu' | 'webgpu',
  [shape, headsKv, problem]: (typeof problems)[number],
  spoil: (query: Float32Array, key: Float32Array, value: Float32Array) => void = () => {},
): Promise<Float32Array[]> {
  const generator = new Generator(3);
  const draw = (of: Shape): Float32Array => generator.normal(sizeOf(of));
  const ofKeys = shape.with(-2, headsKv);
  const values = [draw(shape), draw(ofKeys), draw(ofKeys), draw(shape)] as const;
  spoil(values[0], values[1], values[2]);
  const pending = scope(() => {
    const make = (i: 0 | 1 | 2 | 3, of: Shape) =>
      tensor(values[i], { shape: [...of], device: where, requiresGrad: i < 3 });
    const inputs = [make(0, shape), make(1, ofKeys), make(2, ofKeys)] as const;
    const options = { ...problem, implementation: 'fused', returnLogsumexp: true } as const;
    const { output, logsumexp } = neighborhoodAttention(...inputs, options);
    const loss = output.mul(make(3, shape)).sum().add(logsumexp.sum());
    return { parts: [output, logsumexp, ...grad(loss, [...inputs])].map((x) => x.data()) };
  });
  return (await Promise.all(pending.parts)) as Float32Array[];
}

test.each(problems.map((problem) => [JSON.stringify(problem), problem] as const))('%s', async (_title, problem) => {
  const [got, want] = [await run('webgpu', problem), await run('cpu', problem)];
  want.forEach((values, part) => {
    const worst = values.reduce((most, x, i) => {
      const error = Math.abs(x - got[part]![i]!);
      return Number.isNaN(error) ? Infinity : Math.max(most, error);
    }, 0);
    expect(worst, `part ${part}`).toBeLessThan(2e-4);
  });
});

test('what is not a number stays with those who see it', async () => {
  const shapes = [
    [[1, 9, 10, 1, 16], { kernelSize: [3, 4] }],
    [[1, 40, 1, 16], { kernelSize: 9 }],
  ] as const;
  for (const [shape, problem] of shapes) {
    const middle = 16 * Math.floor(sizeOf(shape) / 32) + 3;
    const spoilt = (query: Float32Array, key: Float32Array, value: Float32Array): void => {
      query[5] = NaN;
      key[middle] = NaN;
      value[middle + 16] = Infinity;
    };
    const of = [shape, 1, { ...problem }] as unknown as (typeof problems)[number];
    const [got, want] = [await run('webgpu', of, spoilt), await run('cpu', of, spoilt)];
    // A driver's exp2 need not keep what is not a number, so that dV may have less of it.
    want.forEach((values, part) => {
      const spread = values.findIndex((x, i) => Number.isFinite(x) && !Number.isFinite(got[part]![i]));
      expect(spread, `part ${part}`).toBe(-1);
      const lost = values.findIndex((x, i) => !Number.isFinite(x) && Number.isFinite(got[part]![i]));
      if (part < 4) expect(lost, `part ${part}`).toBe(-1);
      expect(values.some(Number.isFinite) && values.some((x) => !Number.isFinite(x))).toBe(true);
    });
  }
});
