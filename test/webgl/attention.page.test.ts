// Neighborhood attention on a page's WebGL2 gives what the oracle gives, forward and backward.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { device, manualSeed, na2d, zeros } from '../../index.ts';
import { expectNear, fused, implemented, run, runLater } from '../kernels/neighborhood/attend.ts';
import { operandsOf, problems } from '../kernels/neighborhood/propertiesProblem.ts';
import { defaultGenerator } from '../../tensor/philox.ts';

const webgl = await device('webgl');
const small = { longest: [9, 5, 3], mostDim: 4 } as const;

test.each(['unfused', 'dense'] as const)('%s is the oracle', (implementation) =>
  fc.assert(
    fc.asyncProperty(problems(small), fc.constantFrom(0, 0.4), fc.nat(), async (problem, dropout, random) => {
      const operands = operandsOf(problem);
      manualSeed(random);
      const seed = dropout > 0 ? defaultGenerator.seed() : 0;
      const want = run(fused({ ...problem.options, dropout, seed }), operands, 'reference');
      manualSeed(random);
      const got = await runLater(implemented(implementation, { ...problem.options, dropout }), operands, 'webgl');
      expectNear(got, want, 1e-4, 5e-5);
    }),
    { numRuns: 3 },
  ),
);

test('where nothing is said it is unfused: the fused operation has no kernel there, and says so', async () => {
  const q = zeros([1, 5, 5, 1, 4], { device: webgl });
  expect((await na2d(q, q, q, { kernelSize: 3 }).data()).every((x) => x === 0)).toBe(true);
  expect(() => na2d(q, q, q, { kernelSize: 3, implementation: 'fused' })).toThrow("has no kernel for 'webgl'");
});
