// The op suite on a page's WebGL2: every op that has a kernel there, held to its reference form on the samples of its declaration.

import { expect, test } from 'vitest';
import { device } from '../../index.ts';
import { comparisonOf, laysOf } from '../../kernels/selfTest/compare.ts';
import { ops } from '../../kernels/selfTest/samples.ts';
import { holdKeys } from './texts.ts';

const webgl = await device('webgl');
holdKeys();
const able = ops.filter(({ definition }) => 'webgl' in definition.kernels);

test.each(able.map((op) => [op.definition.name, op] as const))('%s', async (_name, op) => {
  const { samples, kernels } = op.definition;
  // Other kernels get copies of what has gaps.
  const lays = kernels.webgl?.acceptsStrides ? laysOf(op.definition) : (['contiguous'] as const);
  for (const sample of samples) {
    const compare = comparisonOf(op, sample);
    for (const lay of lays) expect(await compare(webgl, lay), `${JSON.stringify(sample)}, ${lay}`).toBeNull();
  }
});
