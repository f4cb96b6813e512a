// Collectives of every kind, dtype and some sizes against sums done by hand.

import assert from 'node:assert/strict';
import { device, memory, tensor, type DeviceName, type Dtype, type Tensor } from '../../../index.ts';
import {
  allGather,
  allReduce,
  barrier,
  broadcast,
  init,
  rank,
  reduceScatter,
  size,
} from '../../../distributed/index.ts';

const name = (process.argv[2] ?? 'cpu') as DeviceName;
await device(name);
await init();
let checks = 0;

/** What rank r holds: small whole numbers, so that every order of summation gives the same. */
const value = (r: number, i: number): number => ((r + 1) * (i + 3)) % 11;
const make = (n: number, dtype: Dtype, r = rank()): Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) => value(r, i)),
    { shape: [n], dtype, device: name },
  );
const ranks = Array.from({ length: size() }, (_, r) => r);

async function expect(x: Tensor, expected: (i: number) => number): Promise<void> {
  const values = await x.data();
  for (let i = 0; i < x.size; i++) assert.equal(values[i], expected(i), `element ${i} of ${x.size} on rank ${rank()}`);
  checks++;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const real: Dtype = name === 'reference' ? 'float64' : 'float32';
const reductions = {
  sum,
  mean: (values: readonly number[]) => Math.fround(sum(values) / size()),
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
};

for (const n of [0, 1, 2, 7, 64, 1000, 70_001]) {
  for (const [op, by] of Object.entries(reductions)) {
    const dtypes = op === 'mean' ? [real] : [real, 'int32' as const];
    for (const dtype of dtypes) {
      using x = make(n, dtype);
      assert.equal(await allReduce(x, { op: op as keyof typeof reductions }), x);
      const mean = name === 'reference' && op === 'mean' ? (v: readonly number[]) => sum(v) / size() : by;
      await expect(x, (i) => mean(ranks.map((r) => value(r, i))));
    }
  }
  for (const root of ranks) {
    using x = make(n, real);
    await broadcast(x, { root });
    await expect(x, (i) => value(root, i));
  }
  using x = make(n, real);
  using all = await allGather(x);
  assert.deepEqual(all.shape, [size(), n]);
  await expect(all, (i) => value(Math.floor(i / n), i % n));
  using flat = make(n * size(), real);
  using parts = flat.reshape([size(), n]);
  using part = await reduceScatter(parts);
  assert.deepEqual(part.shape, [n]);
  await expect(part, (i) => sum(ranks.map((r) => value(r, rank() * n + i))));
  using meanPart = await reduceScatter(parts, { op: 'mean' });
  const exact = name === 'reference' ? (v: number) => v : Math.fround;
  await expect(meanPart, (i) => exact(sum(ranks.map((r) => value(r, rank() * n + i))) / size()));
}

// Part of a tensor, in place; bools; several calls under way at once, of tensors that are freed meanwhile.
using whole = make(10, real);
using half = whole.slice({ axis: 0, start: 5 });
await allReduce(half);
await expect(whole, (i) => (i < 5 ? value(rank(), i) : sum(ranks.map((r) => value(r, i)))));
using flags = tensor([rank() === 0, true, false], { device: name });
await allReduce(flags, { op: 'min' });
await expect(flags, (i) => [size() > 1 && rank() >= 0 ? 0 : 1, 1, 0][i]!);

const before = memory()[name]!.tensors;
const gathered = Array.from({ length: 20 }, (_, k) => {
  using x = make(k, real);
  return allGather(x);
});
const results = await Promise.all(gathered);
for (const [k, result] of results.entries()) await expect(result, (i) => value(Math.floor(i / k), i % k));
results.forEach((result) => result.dispose());
assert.equal(memory()[name]!.tensors, before);

await barrier();
console.log(`rank ${rank()} of ${size()}: ${checks} checks`);
