import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { scope, tensor, GradError } from '../../index.ts';
import { adagradStep, adamStep, adamwStep, averageStep, lionStep, rmspropStep, sgdStep } from '../../kernels/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices } from '../devices.ts';
import { draw, readScoped } from './operands.ts';
import { expectSameBits } from './threads.ts';

/** Three steps from [1, -2, 3] on Σ i · pᵢ², whose gradient is 2 i pᵢ; the ends are PyTorch 1.13's. */
describe.each(devices)('on %s', (device) => {
  const start = (): { param: Tensor; zeros: () => Tensor; slope: () => Tensor } => {
    const param = tensor([1, -2, 3], { device });
    return { param, zeros: () => tensor([0, 0, 0], { device }), slope: () => param.mul(tensor([2, 4, 6], { device })) };
  };

  test.each([
    [{ momentum: 0.9, weightDecay: 0.01 }, [0.05819419899999998, 1.0844928020000002, -2.564781003]],
    [{ momentum: 0.9, nesterov: true }, [-0.10835200000000006, 0.8665920000000003, -0.9121919999999999]],
    [{ momentum: 0.9, dampening: 0.5 }, [0.252, 0.6720000000000003, -2.328]],
  ])('sgd %o', async (options, end) => {
    const { data } = await readScoped(() => {
      const { param, slope } = start();
      const buffer = tensor([NaN, NaN, NaN], { device }); // the first step does not read it
      for (let step = 1; step <= 3; step++) sgdStep(param, slope(), buffer, undefined, { lr: 0.1, step, ...options });
      return param;
    });
    end.forEach((v, i) => expect(data[i]).toBeCloseTo(v, 5));
  });

  test('adamw', async () => {
    const { data } = await readScoped(() => {
      const { param, zeros, slope } = start();
      const [mean, square] = [zeros(), zeros()];
      const options = { lr: 0.1, beta1: 0.8, beta2: 0.9, eps: 1e-3, weightDecay: 0.1 };
      for (let step = 1; step <= 3; step++) adamwStep(param, slope(), mean, square, undefined, { ...options, step });
      return param;
    });
    const end = [0.6754049641468611, -1.6444795196695066, 2.614473455960006];
    end.forEach((v, i) => expect(data[i]).toBeCloseTo(v, 5));
  });

  test('what is written must lie as it is, in its own dtype', () => {
    scope(() => {
      const grad = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      );
      const turned = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      ).transpose();
      expect(() => sgdStep(turned, grad, undefined, undefined, { lr: 1 })).toThrow(
        'sgdStep: param is written in place',
      );
      const whole = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device, dtype: 'int32' },
      );
      expect(() => sgdStep(whole, grad, undefined, undefined, { lr: 1 })).toThrow(
        'param is written in place and is int32',
      );
    });
  });

  test('a row of a larger tensor is written where it lies', async () => {
    const { data } = await readScoped(() => {
      const table = tensor(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { device },
      );
      sgdStep(table.select(0, 1), tensor([1, 1], { device }), undefined, undefined, { lr: 1 });
      return table;
    });
    expect(Array.from(data)).toEqual([1, 2, 2, 3, 5, 6]);
  });

  test('going backward through what a step has changed is refused', () => {
    scope(() => {
      const param = tensor([1, 2], { device, requiresGrad: true });
      const loss = param.mul(param).sum();
      sgdStep(param, tensor([1, 1], { device }), undefined, undefined, { lr: 1 });
      expect(() => loss.backward()).toThrow(GradError);
    });
  });
});

test('numbers must be numbers', () => {
  scope(() => {
    const [param, grad, mean, square] = [1, 2, 3, 4].map((v) => tensor([v])) as [Tensor, Tensor, Tensor, Tensor];
    const lr = '0.1' as unknown as number;
    expect(() => sgdStep(param, grad, undefined, undefined, { lr })).toThrow(
      'sgdStep: lr must be a finite number >= 0, got string',
    );
    expect(() => adamwStep(param, grad, mean, square, undefined, { lr, step: 1 })).toThrow(
      'adamwStep: lr must be a finite number >= 0, got string',
    );
    expect(param.dataNow()![0]).toBe(1);
  });
});

test('threads do not change a bit', async () => {
  const generator = new Generator(2);
  const n = 300_003;
  const [p, g, m, v] = [0, 1, 2, 3].map(() => draw(generator, [n])) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const steps = [
    (param: Tensor, buffer: Tensor): void =>
      sgdStep(param, tensor(g), buffer, undefined, { lr: 0.1, momentum: 0.9, step: 2 }),
    (param: Tensor, mean: Tensor): void =>
      adamwStep(param, tensor(g), mean, tensor(v).square(), undefined, { lr: 0.1, step: 2 }),
    (param: Tensor, mean: Tensor): void =>
      adamStep(param, tensor(g), mean, tensor(v).square(), undefined, { lr: 0.1, weightDecay: 0.1, step: 2 }),
    (param: Tensor, buffer: Tensor): void =>
      rmspropStep(param, tensor(g), tensor(v).square(), undefined, buffer, undefined, { lr: 0.1, momentum: 0.9 }),
    (param: Tensor): void => adagradStep(param, tensor(g), tensor(v).square(), undefined, { lr: 0.1, step: 2 }),
    (param: Tensor, mean: Tensor): void => lionStep(param, tensor(g), mean, undefined, { lr: 0.1 }),
    (param: Tensor): void => averageStep(param, tensor(g), { weight: 0.3 }),
  ];
  for (const step of steps) {
    await expectSameBits(() => {
      const param = tensor(p);
      step(param, tensor(m));
      return param;
    });
  }
});
