import { expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { device, embedding, gather, grad, oneHot, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';

await device('webgpu');

/** Values of what `body` makes, on the GPU and on the reference device. */
async function both(body: (name: 'webgpu') => Tensor): Promise<[number[], number[]]> {
  const read = async (name: string): Promise<number[]> => {
    let pending: Promise<ArrayLike<number>> | undefined;
    scope(() => {
      pending = body(name as 'webgpu').data();
    });
    return Array.from(await pending!);
  };
  return Promise.all([read('webgpu'), read('reference')]);
}

test("an embedding's gradient adds each row's sources in their order", async () => {
  const generator = new Generator(3);
  const [rows, width, count] = [5, 300, 2500];
  // Whole numbers, whose sums are exact.
  const table = Float32Array.from(generator.integers(rows * width, -9, 9));
  const weights = Float32Array.from(generator.integers(count * width, -9, 9));
  const chosen = generator.integers(count, 0, rows);
  const [got, want] = await both((name) => {
    const weight = tensor(table, { shape: [rows, width], device: name, requiresGrad: true });
    const y = embedding(weight, tensor(chosen, { device: name }));
    const loss = y.mul(tensor(weights, { shape: [count, width], device: name })).sum();
    return grad(loss, [weight])[0]!;
  });
  expect(got).toEqual(want);
});

test('indices out of range are told by what they give, and reach nothing', async () => {
  const int = { dtype: 'int32', device: 'webgpu' } as const;
  const index = tensor([1, 3, -1], int);
  const x = tensor([5, 6, 7], { device: 'webgpu', dtype: 'float32' });
  expect(Array.from(await gather(x, 0, index).data())).toEqual([6, NaN, NaN]);
  expect(Array.from(await gather(tensor([5, 6, 7], int), 0, index).data())).toEqual([6, 0, 0]);
  expect(Array.from(await oneHot(index, { classes: 3 }).data())).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0]);
});
