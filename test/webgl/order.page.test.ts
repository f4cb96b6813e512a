// Order, running sums, resampling, windows and loss scaling on a page's WebGL2, against the cpu, and layers that are made of them.

import { expect, test } from 'vitest';
import type { DeviceName, Tensor } from '../../index.ts';
import { cumsum, device, grad, manualSeed, scope, sort, tensor, topk } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { expectClose } from '../close.ts';
import { holdKeys } from './texts.ts';

await device('webgl');
holdKeys();

/** With a tolerance of 0 what is not finite may come, too. */
async function expectAlike(body: (on: DeviceName) => readonly Tensor[], tolerance = 0): Promise<void> {
  const read = (on: DeviceName) => Promise.all(scope(() => body(on).map((x) => x.data())));
  const [got, want] = [await read('webgl'), await read('cpu')];
  want.forEach((x, i) => {
    if (tolerance === 0) expect(Array.from(got[i]!), `result ${i}`).toEqual(Array.from(x));
    else expectClose(`result ${i}`, got[i]!, x, { atol: tolerance, rtol: tolerance });
  });
}

const specials = [NaN, 2, -0, 0, Infinity, 2, -Infinity, NaN, -3, 0];

test.each([1, 2, 3, 10, 37, 1000, 1025])('lines of %i in order: equals stay in theirs, NaN is above all', async (n) => {
  const random = new Generator(n).normal(3 * n);
  const data = random.map((x, i) => (n > 30 && i % 3 > 0 ? Math.round(4 * x) : (specials[i % 10] ?? 0)));
  await expectAlike((on) => {
    const rows = tensor(data, { shape: [3, n], device: on });
    const columns = tensor(data, { shape: [n, 3], device: on });
    const k = Math.ceil(n / 3);
    return [
      ...sort(rows),
      ...sort(columns, { axis: 0, descending: true }),
      ...topk(columns, { k, axis: 0, largest: false }),
      ...topk(rows, { k: Math.min(n, 5) }),
    ];
  });
});

test.each([15, 16, 17, 256, 257, 5000])('running sums of %i', (n) => {
  const data = new Generator(n).normal(2 * n);
  return expectAlike((on) => {
    const x = tensor(data, { shape: [2, n], device: on });
    const sums = [cumsum(x, { axis: 1 }), cumsum(x, { axis: 1, reverse: true })];
    return [...sums, cumsum(tensor(data, { shape: [n, 2], device: on }), { axis: 0 })];
  }, 2e-4);
});

test('a running sum meets what is not finite where it comes', () =>
  expectAlike((on) => {
    const x = tensor([1, 2, Infinity, 4, NaN, 6, ...new Array<number>(20).fill(1)], { device: on });
    return [cumsum(x, { axis: 0 }), cumsum(x, { axis: 0, reverse: true })];
  }));

type Make = () => nn.Module & { forward(x: Tensor): Tensor };

test.each<[name: string, shape: number[], make: Make]>([
  ['conv1d', [2, 3, 11], () => new nn.Conv1d(3, 4, 3, { padding: 1, dilation: 2 })],
  ['conv3d', [1, 2, 4, 5, 6], () => new nn.Conv3d(2, 3, 3, { stride: 2, padding: 1 })],
  ['a transposed convolution', [1, 3, 4, 5], () => new nn.ConvTranspose2d(3, 2, 3, { stride: 2 })],
  ['interpolation', [1, 2, 5, 7], () => new nn.Upsample({ size: [9, 4], mode: 'bicubic' })],
  ['a fold of what was unfolded', [1, 2 * 9, 6], () => new nn.Fold([4, 5], 3)],
])('%s and its gradients', async (_name, shape, make) => {
  const data = new Generator(5).normal(sizeOf(shape));
  await expectAlike((on) => {
    manualSeed(3);
    const layer = make().to(on);
    const x = tensor(data, { shape, device: on, requiresGrad: true });
    const y = layer.forward(x);
    return [y, ...grad(y.square().sum(), [x, ...layer.parameters()])];
  }, 1e-3);
});

test('a GradScaler divides, leaves out what overflowed, and its scale follows', () =>
  expectAlike((on) => {
    const p = new nn.Parameter(tensor([1, -2, 3], { device: on }));
    const optimizer = new nn.optim.SGD([p], { lr: 0.1 });
    const scaler = new nn.optim.GradScaler({ device: on, initScale: 8, growthInterval: 2 });
    for (const weight of [1, Infinity, 1, 0.5]) {
      scope(() => {
        optimizer.zeroGrad();
        scaler.scale(p.square().sum().mul(weight)).backward();
        scaler.step(optimizer);
        scaler.update();
      });
    }
    return [p.mul(1), scaler.scale(tensor(1, { device: on }))];
  }, 1e-6));
