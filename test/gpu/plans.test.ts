import { afterAll, expect, test } from 'vitest';
import type { Kernel, Op, Tensor } from '../../index.ts';
import type { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { defineOp, device, matmul, memory, noGrad, scope, tensor, zeros } from '../../index.ts';
import { launch } from '../../kernels/runtime/webgpu/launch.ts';
import { drawSample, makeArguments, ops } from '../../kernels/selfTest/samples.ts';

const runtime = (await device('webgpu')) as WebgpuRuntime;
afterAll(() => runtime.finish());

async function results(op: (typeof ops)[number], sample: object, seed: number, on: string): Promise<number[][]> {
  const { definition } = op;
  const { attrs = {} } = sample as { attrs?: object };
  const host = drawSample(definition, sample as Record<string, unknown>, seed);
  const reads: Promise<ArrayLike<number>>[] = [];
  noGrad(() =>
    scope(() => {
      const found = op(...makeArguments(definition, host, attrs, on as 'cpu'));
      for (const x of [found].flat() as Tensor[]) reads.push(x.data());
    }),
  );
  return (await Promise.all(reads)).map((values) => Array.from(values));
}

/** Every op with other values after it was planned: what is repeated must read and write the buffers of now. */
test.each(
  ops
    .filter(({ definition: { kernels, mutates } }) => 'webgpu' in kernels && mutates.length === 0)
    .map((op) => [op.definition.name, op] as const),
)('%s is repeated on other values', async (_name, op) => {
  for (const sample of op.definition.samples.slice(0, 2)) {
    await results(op, sample, 1, 'webgpu');
    const [got, want] = [await results(op, sample, 2, 'webgpu'), await results(op, sample, 2, 'reference')];
    expect(got.map((values) => values.length)).toEqual(want.map((values) => values.length));
    want.forEach((values, k) => {
      const scale = values.filter(Number.isFinite).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
      values.forEach((value, i) => {
        if (Number.isFinite(value)) expect(Math.abs(got[k]![i]! - value) / scale).toBeLessThan(1e-4);
        else expect(got[k]![i]).toBe(value);
      });
    });
  }
});

test('operands that share a buffer are planned apart from those that do not', async () => {
  const [x, y] = [tensor([1, 2, 3], { device: runtime }), tensor([4, 5, 6], { device: runtime })];
  expect([...(await x.mul(x).data())]).toEqual([1, 4, 9]);
  expect([...(await x.mul(y).data())]).toEqual([4, 10, 18]);
  expect([...(await y.mul(y).data())]).toEqual([16, 25, 36]);
});

test('so are attributes, layouts and offsets', async () => {
  const x = tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { device: runtime },
  );
  for (const [axis, want] of [
    [0, [5, 7, 9]],
    [1, [6, 15]],
    [0, [5, 7, 9]],
  ] as const)
    expect([...(await x.sum({ axis }).data())]).toEqual(want);
  for (const row of [0, 1, 0]) expect([...(await x.select(0, row).add(1).data())]).toEqual(row ? [5, 6, 7] : [2, 3, 4]);
  expect([...(await x.transpose().add(0).data())]).toEqual([1, 4, 2, 5, 3, 6]);
});

test('temporaries of what is repeated are counted and freed', async () => {
  // A product with long rows is cut into slices, whose sums lie in a temporary.
  const [a, b] = [zeros([8, 4096], { device: runtime }), zeros([4096, 8], { device: runtime })];
  const once = (): void => scope(() => void matmul(a, b));
  once();
  const before = memory()['webgpu']!;
  once();
  expect(memory()['webgpu']).toMatchObject({ tensors: before.tensors, bytes: before.bytes, reserved: before.reserved });
});

let planned = 0;
const counted: Kernel<['x'], { by: number }> = ({ x }, { by }, [y]) => {
  planned++;
  launch(
    'test counted',
    () => ({
      name: 'counted',
      buffers: [
        ['x', 'f32'],
        ['y', 'f32', 'write'],
      ],
      params: [['by', 'f32']],
      workgroupSize: [64],
      body: '  if (lane < 3u) { y[params.yOffset + lane] = params.by * x[params.xOffset + lane]; }',
    }),
    [x, y!],
    [by],
    1,
  );
};
const counting: Op<['x'], { by: number }> = defineOp({
  name: 'counting',
  inputs: ['x'],
  shape: ({ x }) => x,
  reference: ({ x }, { by }) => ({ shape: x.shape, data: x.data.map((value) => by * value) }),
  kernels: { webgpu: counted },
  samples: [{ x: [3], attrs: { by: 2 } }],
});

test('a kernel plans once for each kind of call, and not at all where each call is another', async () => {
  const x = tensor([1, 2, 3], { device: runtime });
  planned = 0;
  for (let i = 0; i < 5; i++) expect([...(await counting(x, { by: 2 }).data())]).toEqual([2, 4, 6]);
  expect(planned).toBe(1);
  scope(() => {
    for (let by = 3; by < 700; by++) counting(x, { by });
  });
  planned = 0;
  for (let i = 0; i < 3; i++) expect([...(await counting(x, { by: 0.5 }).data())]).toEqual([0.5, 1, 1.5]);
  expect(planned).toBe(3);
});
