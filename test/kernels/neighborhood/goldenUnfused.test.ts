import { describe, expect, test } from 'vitest';
import type { DeviceName } from '../../../index.ts';
import { unfusedGolden } from './goldenCases.ts';

const cases = await unfusedGolden();

test('21 cases', () => expect(cases.length).toBe(21));

const runs: [device: DeviceName, tolerance: number][] = [
  ['reference', 1e-6],
  ['cpu', 2e-5],
];
describe.each(runs)('NATTEN 0.17.5 on %s', (device, tolerance) => {
  test.each(cases)('$name: dots of queries and keys, with their gradients', ({ expectDots }) =>
    expectDots(device, tolerance),
  );
  test.each(cases)('$name: sums of values, with their gradients', ({ expectSums }) => expectSums(device, tolerance));
});
