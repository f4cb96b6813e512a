import { expect, test } from 'vitest';
import type { AnyOp } from '../../kernels/selfTest/samples.ts';
import { comparisonOf } from '../../kernels/selfTest/compare.ts';
import { devices } from '../devices.ts';
import { specialCases } from './specialCases.ts';

test.each(specialCases)('%s', async (_what, op, sample) => {
  const compare = comparisonOf(op as AnyOp, sample);
  for (const device of devices) expect(await compare(device, 'contiguous'), `on ${device}`).toBeNull();
});
