// What NATTEN computed, on WebGPU.

import { expect, test } from 'vitest';
import { device } from '../../index.ts';
import { expectNear, fused, runLater } from '../kernels/neighborhood/attend.ts';
import { fusedGolden, unfusedGolden } from '../kernels/neighborhood/goldenCases.ts';
import { holdKeys } from './texts.ts';

const { isFallback } = (await device('webgpu')).info;
holdKeys();
const [whole, parts] = [await fusedGolden(), await unfusedGolden()];

test('64 cases', () => expect([whole.length, parts.length]).toEqual([43, 21]));

// A software driver compiles the programs of each problem for seconds: it gets every third.
test.each(whole.filter((_, i) => !isFallback || i % 3 === 0))('NATTEN 0.21, $name', async ({ attrs, operands, want }) =>
  expectNear(await runLater(fused(attrs), operands, 'webgpu'), want, 2e-5, 2e-5),
);

test.each(parts)('NATTEN 0.17.5, $name', async ({ expectDots, expectSums }) => {
  await expectDots('webgpu', 2e-5);
  await expectSums('webgpu', 2e-5);
});
