// Whatever computes the attention gives the same, and gradients are central differences.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import { gradientCheck, manualSeed, scope } from '../../../index.ts';
import { concat } from '../../../kernels/index.ts';
import { defaultGenerator } from '../../../tensor/philox.ts';
import type { More, Operands } from './attend.ts';
import { drawOperands, expectNear, fused, implementations, implemented, run, upload } from './attend.ts';
import { check, operandsOf, problems } from './propertiesProblem.ts';

test.each([...implementations, 'auto'] as const)('%s, on cpu and in float64, is the oracle', (implementation) =>
  check({}, 40, (problem) => {
    const operands = operandsOf(problem);
    const want = run(fused(problem.options), operands, 'reference');
    const attend = implemented(implementation, problem.options);
    expectNear(run(attend, operands, 'reference'), want, 1e-10, 1e-10);
    expectNear(run(attend, operands), want, 5e-5, 2e-5);
  }),
);

describe('dropout', () => {
  const share = fc.constantFrom(0.1, 0.5, 0.9, 1);

  test.each(implementations)('%s drops what the oracle drops', (implementation) =>
    fc.assert(
      fc.property(problems({ longest: [20, 7, 4] }), share, fc.nat(), (problem, dropout, random) => {
        const operands = operandsOf(problem);
        manualSeed(random);
        const seed = defaultGenerator.seed();
        const want = run(fused({ ...problem.options, dropout, seed }), operands, 'reference');
        const attend = implemented(implementation, { ...problem.options, dropout });
        manualSeed(random);
        expectNear(run(attend, operands, 'reference'), want, 1e-9, 1e-9);
        manualSeed(random);
        expectNear(run(attend, operands), want, 1e-4, 1e-4);
      }),
      { numRuns: 20 },
    ),
  );

  test('another seed drops others', () => {
    const operands = drawOperands([1, 9, 2, 4]);
    const output = (seed: number): ArrayLike<number> =>
      run(fused({ kernelSize: 5, dropout: 0.5, seed }), operands).output.data;
    expect(output(1)).toEqual(output(1));
    expect(output(1)).not.toEqual(output(2));
  });

  test.each(implementations)('%s takes one word of the generator, and without dropout none', (implementation) => {
    const operands = drawOperands([1, 9, 2, 4]);
    const wordAfter = (dropout: number): number => {
      manualSeed(5);
      run(implemented(implementation, { kernelSize: 5, dropout }), operands);
      return defaultGenerator.seed();
    };
    manualSeed(5);
    const words = [defaultGenerator.seed(), defaultGenerator.seed()];
    expect([wordAfter(0), wordAfter(0.5)]).toEqual(words);
  });
});

describe('gradients of all inputs, through output and logsumexp, are central differences', () => {
  const names = ['query', 'key', 'value', 'rpb', 'additionalKeys', 'additionalValues'] as const;

  test.each(implementations)('%s', async (implementation) =>
    fc.assert(
      fc.asyncProperty(problems({ longest: [14, 5, 3], maxDim: 5 }), fc.boolean(), async (problem, isDropped) => {
        const operands: Operands = operandsOf(problem);
        const given = names.filter((name) => operands[name]);
        const attend = implemented(implementation, { ...problem.options, ...(isDropped && { dropout: 0.4 }) });
        const inputs = given.map((name) => upload(operands[name]!, 'reference'));
        await gradientCheck(
          (...tensors: Tensor[]) =>
            scope(() => {
              const [query, key, value, ...more] = tensors as [Tensor, Tensor, Tensor, ...Tensor[]];
              manualSeed(problem.seed);
              const extra = Object.fromEntries(more.map((x, i) => [given[3 + i]!, x])) as More;
              const { output, logsumexp } = attend(query, key, value, extra);
              return concat([output.reshape([-1]), logsumexp.reshape([-1])]);
            }),
          inputs,
          { tries: 1, seed: problem.seed },
        );
        for (const x of inputs) x.dispose();
      }),
      { numRuns: 25 },
    ),
  );
});
