// What NATTEN computed, on a page's WebGL2.

import { describe, expect, test } from 'vitest';
import { device } from '../../index.ts';
import { expectNear, implemented, runLater } from '../kernels/neighborhood/attend.ts';
import { fusedGolden, unfusedGolden } from '../kernels/neighborhood/goldenCases.ts';
import { holdKeys } from './texts.ts';

await device('webgl');
holdKeys();
const [whole, parts] = [await fusedGolden(), await unfusedGolden()];

test('64 cases', () => expect([whole.length, parts.length]).toEqual([43, 21]));

describe.each(['fused', 'unfused'] as const)('%s', (implementation) => {
  test.each(whole)('NATTEN 0.21, $name', async ({ attrs, operands, want }) =>
    expectNear(await runLater(implemented(implementation, attrs), operands, 'webgl'), want, 2e-5, 2e-5),
  );
});

test.each(parts)('NATTEN 0.17.5, $name', async ({ expectDots, expectSums }) => {
  await expectDots('webgl', 2e-5);
  await expectSums('webgl', 2e-5);
});
