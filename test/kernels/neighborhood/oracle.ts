// Holds a device that must be waited for to the oracle, on random problems.

import fc from 'fast-check';
import type { DeviceName } from '../../../index.ts';
import type { Implementation } from './attend.ts';
import { manualSeed } from '../../../index.ts';
import { defaultGenerator } from '../../../tensor/philox.ts';
import { expectNear, expectSame, fused, implemented, run, runLater } from './attend.ts';
import { operandsOf, problems } from './propertiesProblem.ts';

const small = { longest: [14, 6, 4], maxDim: 6 } as const;

/** Output, logsumexp and all gradients, with dropout and without, are the oracle's, and a second run has the same bits. */
export async function expectOracle(device: DeviceName, implementation: Implementation, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(problems(small), fc.constantFrom(0, 0.4), fc.nat(), async (problem, dropout, random) => {
      const operands = operandsOf(problem);
      manualSeed(random);
      const seed = dropout > 0 ? defaultGenerator.seed() : 0;
      const want = run(fused({ ...problem.options, dropout, seed }), operands, 'reference');
      const attend = implemented(implementation, { ...problem.options, dropout });
      const runs = [1, 2].map(() => {
        manualSeed(random);
        return runLater(attend, operands, device);
      });
      const [first, second] = await Promise.all(runs);
      expectNear(first!, want, 1e-4, 5e-5);
      expectSame(second!, first!);
    }),
    { numRuns },
  );
}
