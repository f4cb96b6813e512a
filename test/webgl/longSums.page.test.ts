// Sums of more terms than a kernel of the WebGL device walks at once.

import { expect, test } from 'vitest';
import type { DeviceName, Tensor } from '../../index.ts';
import { conv2d, crossEntropy, device, grad, linear, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { expectClose } from '../close.ts';
import { holdKeys } from './texts.ts';

await device('webgl');
holdKeys();

type Shapes = readonly (readonly number[])[];

/** More than 1024 terms each, and what else they take: a bias, an activation, what is subtracted from each term. */
const sums: readonly [name: string, shapes: Shapes, of: (x: Tensor, ...more: Tensor[]) => Tensor][] = [
  [
    'linear with bias and activation',
    [[2, 1100], [3, 1100], [3]],
    (x, w, b) => linear(x, w, b, { activation: 'gelu' }),
  ],
  ['conv2d with bias', [[1, 128, 3, 4], [3, 128, 3, 3], [3]], (x, w, b) => conv2d(x, w, b, { padding: 1 })],
  [
    'matmul',
    [
      [2, 2100],
      [2100, 3],
    ],
    (x, y) => x.matmul(y),
  ],
  ['mean', [[2, 2100]], (x) => x.mean({ axis: 1 })],
  ['variance', [[2, 1500]], (x) => x.variance({ axis: 1 })],
  ['logsumexp', [[2, 1500]], (x) => x.logsumexp({ axis: 1 })],
  ['norm', [[2, 1500]], (x) => x.norm({ axis: 1, p: 3 })],
  ['softmax', [[2, 1500]], (x) => x.softmax({ axis: 1 })],
  ['crossEntropy', [[3, 1500]], (x) => crossEntropy(x, tensor([1, 1499, 7], { dtype: 'int32', device: x.device }))],
  ['sum of more than a million', [[1100, 1024]], (x) => x.sum()],
];

test.each(sums)('%s', async (name, shapes, of) => {
  const generator = new Generator(3);
  const values = shapes.map((shape) => generator.normal(sizeOf(shape)));
  const on = (where: DeviceName): Promise<ArrayLike<number>[]> =>
    Promise.all(
      scope(() => {
        const inputs = values.map((data, i) => tensor(data, { shape: shapes[i]!, device: where, requiresGrad: true }));
        const y = of(...(inputs as [Tensor, ...Tensor[]]));
        return [y, ...grad(y.mul(y).sum(), inputs)].map((x) => x.data());
      }),
    );
  const [got, want] = [await on('webgl'), await on('reference')];
  expect(got).toHaveLength(1 + shapes.length);
  got.forEach((data, i) => {
    const scale = Math.max(1, ...Array.from(want[i]!).slice(0, 5000).map(Math.abs));
    expectClose(i === 0 ? name : `gradient ${i} of ${name}`, data, want[i]!, { atol: 1e-5 * scale, rtol: 1e-5 });
  });
});
