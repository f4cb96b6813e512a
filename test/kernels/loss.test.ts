import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { crossEntropy, grad, logSoftmax, mse, scope, tensor } from '../../index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices, hostDevices } from '../devices.ts';
import { draw, readScoped, secondOrderError } from './operands.ts';
import { expectSameBits } from './threads.ts';

const logits = [
  [1, 2, -1],
  [0.5, -0.5, 3],
  [2, 2, 2],
];
const int = { dtype: 'int32' } as const;

/** The loss and its gradient, as PyTorch 1.13 gives them for targets [1, ignored, 0]. */
const fixtures = [
  {
    options: {},
    loss: [0.7238122527181481],
    gradient: [0.12974823017120957, -0.1473077436508794, 0.017559513479669865, 0, 0, 0, -1 / 3, 1 / 6, 1 / 6],
  },
  {
    options: { labelSmoothing: 0.2 },
    loss: [0.8571455860514814],
    gradient: [0.09641489683787624, -0.08064107698421275, -0.015773819853663468, 0, 0, 0, -4 / 15, 2 / 15, 2 / 15],
  },
  {
    options: { reduction: 'none' as const },
    loss: [0.34901221676818633, 0, 1.0986122886681098],
    gradient: [0.25949646034241913, -0.2946154873017588, 0.03511902695933973, 0, 0, 0, -2 / 3, 1 / 3, 1 / 3],
  },
];

describe.each(devices)('crossEntropy on %s', (device) => {
  test.each(fixtures)('equals PyTorch: $options', async ({ options, loss, gradient }) => {
    const target = (): Tensor => tensor([1, -100, 0], { ...int, device });
    const got = await readScoped(() => crossEntropy(tensor(logits, { device }), target(), options));
    loss.forEach((v, i) => expect(got.data[i]).toBeCloseTo(v, 6));
    const dx = await readScoped(() => {
      const x = tensor(logits, { device, requiresGrad: true });
      return grad(crossEntropy(x, target(), options).sum(), [x])[0]!;
    });
    gradient.forEach((v, i) => expect(dx.data[i]).toBeCloseTo(v, 6));
  });

  test('classes on the second of more axes', async () => {
    const target = [
      [0, 1, 2, 0],
      [2, 2, 1, 0],
    ];
    const make = (): [Tensor, Tensor] => {
      const values = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i));
      return [tensor(values, { shape: [2, 3, 4], device }), tensor(target, { ...int, device })];
    };
    const mean = await readScoped(() => crossEntropy(...make()));
    expect(mean.data[0]).toBeCloseTo(1.3267041982699754, 5);
    const none = await readScoped(() => crossEntropy(...make(), { reduction: 'none' }));
    expect(none.shape).toEqual([2, 4]);
    expect(none.data[5]).toBeCloseTo(0.6015685049828331, 5);
  });

  test('all ignored is NaN, none at all too; summed it is 0', async () => {
    const of = (n: number, reduction: 'mean' | 'sum'): Promise<number> =>
      readScoped(() => {
        const target = tensor(new Int32Array(n).fill(-100), { device });
        return crossEntropy(tensor(new Float32Array(n * 3), { shape: [n, 3], device }), target, { reduction });
      }).then(({ data }) => data[0]!);
    expect(await of(2, 'mean')).toBeNaN();
    expect(await of(0, 'mean')).toBeNaN();
    expect(await of(2, 'sum')).toBe(0);
    expect(await of(0, 'sum')).toBe(0);
  });

  test('huge logits are finite, hidden rows have no gradient', async () => {
    const hidden = -Infinity;
    const values = [
      [1e4, 1e4 + 1, -1e4],
      [hidden, hidden, hidden],
      [0, hidden, 0],
    ];
    const make = (requiresGrad = false): [Tensor, Tensor] => [
      tensor(values, { device, requiresGrad }),
      tensor([0, 1, 2], { ...int, device }),
    ];
    const { data } = await readScoped(() => crossEntropy(...make(), { reduction: 'none' }));
    expect(data[0]).toBeCloseTo(Math.log(1 + Math.E), 6);
    expect(data[1]).toBe(Infinity);
    expect(data[2]).toBeCloseTo(Math.log(2), 6);
    const dx = await readScoped(() => {
      const [x, target] = make(true);
      return grad(crossEntropy(x, target, { reduction: 'sum' }), [x])[0]!;
    });
    expect(Array.from(dx.data.slice(3, 6))).toEqual([0, 0, 0]);
    expect(dx.data[1]).toBeCloseTo(1 / (1 + 1 / Math.E), 6);
  });
});

describe.each(hostDevices)('crossEntropy on %s', (device) => {
  test('a class out of range is refused with its place', () => {
    scope(() => {
      const x = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      );
      const label = (values: number[]): Tensor => tensor(values, { ...int, device });
      expect(() => crossEntropy(x, label([0, 2]))).toThrow('crossEntropy: target holds 2 at [1]; use 0..1');
      expect(() => crossEntropy(x, label([-1, 0]))).toThrow('target holds -1 at [0]');
      expect(() => crossEntropy(x, label([0]))).toThrow('target must be [2], one class per row');
      expect(() => crossEntropy(x, tensor([0, 1], { device }))).toThrow('target must be int32 or uint8');
      expect(() => crossEntropy(x, label([0, 1]), { reduction: 'avg' as 'sum' })).toThrow(
        "use 'mean', 'sum' or 'none'",
      );
    });
  });
});

test('crossEntropy is logSoftmax and a choice', async () => {
  const generator = new Generator(5);
  const x = draw(generator, [70, 130]);
  const target = generator.integers(70, 0, 130);
  const [fused, plain] = await Promise.all([
    readScoped(() => crossEntropy(tensor(x, { shape: [70, 130] }), tensor(target))),
    readScoped(() => {
      const chosen = logSoftmax(tensor(x, { shape: [70, 130] })).gather(1, tensor(target).unsqueeze(1));
      return chosen.sum().mul(-1 / 70);
    }),
  ]);
  expect(fused.data[0]).toBeCloseTo(plain.data[0]!, 5);
});

test('threads do not change a bit', async () => {
  const generator = new Generator(4);
  const x = draw(generator, [700, 130]);
  const target = generator.integers(700, 0, 130);
  for (const run of [
    (leaf: Tensor): Tensor => crossEntropy(leaf, tensor(target)),
    (leaf: Tensor): Tensor => grad(crossEntropy(leaf, tensor(target)), [leaf])[0]!,
    (leaf: Tensor): Tensor => mse(leaf, leaf.mul(0.5)),
  ]) {
    await expectSameBits(() => run(tensor(x, { shape: [700, 130], requiresGrad: true })));
  }
});

test('second derivatives', () => {
  const target = (): Tensor => tensor([2, -100, 0], { ...int, device: 'reference' });
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    const error = secondOrderError((x) => crossEntropy(x, target(), { reduction, labelSmoothing: 0.1 }), [[3, 4]]);
    expect(error).toBeLessThan(1e-6);
    expect(
      secondOrderError(
        (x, y) => mse(x, y, { reduction }),
        [
          [3, 4],
          [3, 4],
        ],
      ),
    ).toBeLessThan(1e-6);
  }
});

test('mse without reduction, and shapes that differ', () => {
  scope(() => {
    const [x, y] = [tensor([1, 2]), tensor([3, 5])];
    expect(Array.from(mse(x, y, { reduction: 'none' }).dataNow()!)).toEqual([4, 9]);
    expect(mse(x, y).dataNow()![0]).toBe(6.5);
    expect(() => mse(x, tensor([[1, 2]]))).toThrow('mse: input has shape [2], target [1, 2]');
  });
});
