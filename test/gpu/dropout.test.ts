import { expect, test } from 'vitest';
import { device, tensor } from '../../index.ts';
import { seededDropout } from '../../kernels/index.ts';

await device('webgpu');

test.each([
  [37, 1024],
  [9, 1027],
  [5, 9000],
  [6, 4],
  [4000, 1],
])('%d rows of %d are those that the reference keeps', async (rows, share) => {
  const values = Float32Array.from({ length: rows * share }, (_, i) => (i % 97) - 48);
  const [got, want] = ['webgpu', 'reference'].map((name) =>
    seededDropout(tensor(values, { device: name as 'webgpu' }), { p: 0.5, seed: 123456789, share }),
  );
  expect(await got!.data()).toEqual(Float32Array.from(await want!.data()));
});
