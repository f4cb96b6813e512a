// Lines longer than any sample of the op suite: walked in several stages, read again where they are not held, and in the
// same order each time. Values that break comparisons: NaN, ±∞, −0.

import { describe, expect, test } from 'vitest';
import type { AnyOp } from '../../kernels/selfTest/samples.ts';
import type { Tensor } from '../../index.ts';
import { device, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { ops } from '../../kernels/selfTest/samples.ts';

await device('webgpu');

type Input = readonly number[] | undefined;

function opOf(name: string): AnyOp {
  return ops.find(({ definition }) => definition.name === name)!;
}

function run(op: AnyOp, hosts: readonly (Float32Array | undefined)[], shapes: readonly Input[], attrs: object) {
  const reads: Promise<ArrayLike<number>>[] = [];
  scope(() => {
    const inputs = hosts.map((data, i) => data && tensor(data, { shape: [...shapes[i]!], device: 'webgpu' }));
    for (const out of [op(...inputs, attrs)].flat() as Tensor[]) reads.push(out.data());
  });
  return Promise.all(reads);
}

/** Differences relative to the largest of the wanted. */
function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, bound: number): void {
  let scale = 0;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    if (Number.isFinite(want[i])) scale = Math.max(scale, Math.abs(want[i]!));
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    const distance = Math.abs(got[i]! - want[i]!);
    worst = Math.max(worst, Number.isFinite(distance) ? distance : Infinity);
  }
  expect(worst).toBeLessThanOrEqual(bound * scale);
}

async function check(name: string, shapes: readonly Input[], attrs: object, values?: readonly number[]): Promise<void> {
  const op = opOf(name);
  const { definition } = op;
  const generator = new Generator(7);
  const hosts = shapes.map((shape) => {
    if (!shape) return undefined;
    const size = shape.reduce((a, b) => a * b, 1);
    return values ? Float32Array.from(values) : Float32Array.from(generator.normal(size));
  });
  const inputs = Object.fromEntries(
    definition.slots.map((slot, i) => [
      slot.name,
      hosts[i] && { shape: shapes[i]!, data: Float64Array.from(hosts[i]) },
    ]),
  );
  const want = [definition.reference(inputs, { ...definition.attrs, ...attrs })].flat();
  const got = await run(op, hosts, shapes, attrs);
  got.forEach((data, i) => expectNear(data, (want[i] as { data: ArrayLike<number> }).data, 3e-6));
  expect(await run(op, hosts, shapes, attrs)).toEqual(got);
}

describe.each(['sum', 'mean', 'max', 'min', 'variance', 'logsumexp'])('%s', (name) => {
  test.each([
    [[2, 40_000], 1],
    [[3000, 33], 0],
    [
      [4, 3, 200, 8],
      [0, 2],
    ],
  ])('of %j along %j', (shape, axis) => check(name, [shape], { axis }));
});

describe.each(['argmax', 'argmin'])('%s', (name) => {
  test.each([
    [[2, 39_999], 1],
    [[3000, 3], 0],
  ])('of %j along %j', (shape, axis) => check(name, [shape], { axis }));
});

describe('softmax and its kind', () => {
  test.each([
    [[3, 1000], 1],
    [[1, 9001], 1],
    [[3, 300, 40], 1],
  ])('of %j along %j', async (shape, axis) => {
    for (const name of ['softmax', 'logSoftmax']) await check(name, [shape], { axis });
    for (const name of ['softmaxBackward', 'logSoftmaxBackward']) await check(name, [shape, shape], { axis });
  });
});

test('softmax of as many long lines side by side as are walked where they lie', () =>
  check('softmax', [[66, 16_400]], { axis: 0 }));

test.each([
  [37, 768],
  [3, 9001],
  [600, 24],
])('layerNorm of %i rows of %i', async (rows, n) => {
  const [shape, normal] = [[rows, n], [n]];
  for (const weight of [normal, undefined]) {
    await check('layerNormForward', [shape, weight, weight], {});
    await check('layerNormBackward', [shape, weight, [rows], [rows], shape], {});
  }
});

test.each([[[3, 5, 20, 20]], [[300, 7]]])('batchNorm of %j', async (shape) => {
  const channels = [shape[1]!];
  await check('batchNormForward', [shape, channels, channels], {});
  await check('batchNormBackward', [shape, channels, channels, channels, shape], {});
});

const special = [
  [1, NaN, 3, 2],
  [-Infinity, -Infinity, -Infinity, -Infinity],
  [Infinity, 1, 2, Infinity],
  [-Infinity, 5, NaN, Infinity],
  [-0, 0, -0, 0],
  [-3e38, -1, -Infinity, -2],
].flat();

test.each(['sum', 'mean', 'max', 'min', 'argmax', 'argmin', 'logsumexp', 'variance', 'softmax', 'logSoftmax'])(
  '%s of NaN, infinities and zeros',
  async (name) => {
    await check(name, [[6, 4]], { axis: 1 }, special);
    await check(name, [[4, 6]], { axis: 0 }, special);
  },
);

test('gradients of softmax of NaN and infinities', async () => {
  for (const name of ['softmaxBackward', 'logSoftmaxBackward']) {
    await check(
      name,
      [
        [6, 4],
        [6, 4],
      ],
      {},
      special,
    );
  }
});
