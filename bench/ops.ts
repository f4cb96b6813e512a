// Every op on the first of its own samples: what a call costs when there is next to nothing to compute.

import type { AnyOp } from '../kernels/selfTest/samples.ts';
import type { Case } from './case.ts';
import { scope, Tensor } from '../index.ts';
import { drawSample, makeArguments, ops } from '../kernels/selfTest/samples.ts';

const calls = 200;

function callOf(op: AnyOp): Case {
  const { definition } = op;
  const sample = definition.samples[0]!;
  const attrs = sample['attrs'] as object | undefined;
  return {
    name: `op: ${definition.name}`,
    unit: 'µs',
    amount: calls,
    setup: () => {
      const args = makeArguments(definition, drawSample(definition, sample), attrs, 'cpu');
      for (const arg of args.flat()) if (arg instanceof Tensor) arg.keep();
      const run = (): void => {
        for (let i = 0; i < calls; i++) scope(() => void op(...args));
      };
      return { run };
    },
  };
}

export const opCases: readonly Case[] = ops.filter(({ definition }) => definition.samples.length > 0).map(callOf);
