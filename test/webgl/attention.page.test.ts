// Neighborhood attention on a page's WebGL2 gives what the oracle gives, forward and backward, and the same bits again.

import { expect, test } from 'vitest';
import { device, na2d, zeros } from '../../index.ts';
import { expectOracle } from '../kernels/neighborhood/oracle.ts';
import { holdKeys } from './texts.ts';

const webgl = await device('webgl');
holdKeys();

test.each(['unfused', 'dense'] as const)('%s is the oracle', (implementation) =>
  expectOracle('webgl', implementation, 8),
);

test('where nothing is said it is unfused: the fused operation has no kernel there, and says so', async () => {
  const q = zeros([1, 5, 5, 1, 4], { device: webgl });
  expect((await na2d(q, q, q, { kernelSize: 3 }).data()).every((x) => x === 0)).toBe(true);
  expect(() => na2d(q, q, q, { kernelSize: 3, implementation: 'fused' })).toThrow("has no kernel for 'webgl'");
});
