import { describe, expect, test } from 'vitest';
import { hostDevices } from '../../devices.ts';
import { expectNear, fused, run } from './attend.ts';
import { fusedGolden } from './goldenCases.ts';

const cases = await fusedGolden();

test('43 cases', () => expect(cases.length).toBe(43));

describe.each(hostDevices)('NATTEN 0.21 on %s', (device) => {
  test.each(cases)('$name', ({ attrs, operands, want }) =>
    expectNear(run(fused(attrs), operands, device), want, 2e-5, 2e-5),
  );
});
