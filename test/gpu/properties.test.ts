// Whatever computes the attention on WebGPU gives what the oracle gives, and the same bits again.

import fc from 'fast-check';
import { test } from 'vitest';
import { device, manualSeed } from '../../index.ts';
import { defaultGenerator } from '../../tensor/philox.ts';
import {
  expectNear,
  expectSame,
  fused,
  implementations,
  implemented,
  run,
  runLater,
} from '../kernels/neighborhood/attend.ts';
import { operandsOf, problems } from '../kernels/neighborhood/propertiesProblem.ts';
import { holdKeys } from './texts.ts';

await device('webgpu');
holdKeys();

const small = { longest: [14, 6, 4], maxDim: 6 } as const;

test.each(implementations)('%s is the oracle', (implementation) =>
  fc.assert(
    fc.asyncProperty(problems(small), fc.constantFrom(0, 0.4), fc.nat(), async (problem, dropout, random) => {
      const operands = operandsOf(problem);
      manualSeed(random);
      const seed = dropout > 0 ? defaultGenerator.seed() : 0;
      const want = run(fused({ ...problem.options, dropout, seed }), operands, 'reference');
      const attend = implemented(implementation, { ...problem.options, dropout });
      const runs = [1, 2].map(() => {
        manualSeed(random);
        return runLater(attend, operands, 'webgpu');
      });
      const [first, second] = await Promise.all(runs);
      expectNear(first!, want, 1e-4, 5e-5);
      expectSame(second!, first!);
    }),
    { numRuns: 8 },
  ),
);
