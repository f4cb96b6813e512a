// Queries whose scores are all −∞ get 0, logsumexp −∞ and gradients of 0, whatever computes them; their neighbours nothing of it.

import { expect, test } from 'vitest';
import { device as startDevice, grad, na1d, randn, scope, tensor } from '../../../index.ts';

await startDevice('webgpu');

/** Of offsets −2 ... 2: the last query of an axis sees the first three alone. */
const biases = [-Infinity, -Infinity, -Infinity, 0.5, -0.25];

test.each([
  ['cpu', 'fused'],
  ['cpu', 'unfused'],
  ['cpu', 'dense'],
  ['webgpu', 'fused'],
  ['webgpu', 'unfused'],
  ['reference', 'unfused'],
  ['reference', 'dense'],
] as const)('on %s, %s', async (device, implementation) => {
  const shape = [2, 9, 1, 8];
  const given = scope(() => [1, 2, 3, 4].map(() => randn(shape).dataNow()!.slice()));
  const compute = async (on: typeof device, how: typeof implementation) => {
    const [q, k, v, g] = given.map((data) => tensor(data, { shape, device: on, requiresGrad: true }));
    const rpb = tensor(biases, { shape: [1, 5], device: on });
    const options = { kernelSize: 3, rpb, implementation: how, returnLogsumexp: true } as const;
    const { output, logsumexp } = na1d(q!, k!, v!, options);
    const grads = grad(output, [q!, k!, v!], { gradOutput: g!.detach() });
    return Promise.all([output, logsumexp, ...grads].map(async (x) => Array.from(await x.data())));
  };
  const found = await compute(device, implementation);
  const wanted = await compute('reference', 'fused');
  const last = (values: number[], width: number): number[] => [
    ...values.slice(8 * width, 9 * width),
    ...values.slice(-width),
  ];
  expect(last(wanted[0]!, 8).every((x) => x === 0)).toBe(true);
  expect(last(wanted[1]!, 1)).toEqual([-Infinity, -Infinity]);
  expect(last(wanted[2]!, 8).every((x) => x === 0)).toBe(true);
  for (const [i, values] of wanted.entries()) {
    for (const [at, value] of values.entries()) {
      if (value === -Infinity) expect(found[i]![at]).toBe(-Infinity);
      else expect(Math.abs(found[i]![at]! - value), `${i}, ${at}`).toBeLessThan(1e-5);
    }
  }
});
