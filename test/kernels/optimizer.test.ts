import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { concat, scope, tensor, GradError } from '../../index.ts';
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
      for (let step = 1; step <= 3; step++)
        sgdStep([param], [slope()], [buffer], undefined, { lr: 0.1, step, ...options });
      return param;
    });
    end.forEach((v, i) => expect(data[i]).toBeCloseTo(v, 5));
  });

  test('adamw', async () => {
    const { data } = await readScoped(() => {
      const { param, zeros, slope } = start();
      const [mean, square] = [zeros(), zeros()];
      const options = { lr: 0.1, beta1: 0.8, beta2: 0.9, eps: 1e-3, weightDecay: 0.1 };
      for (let step = 1; step <= 3; step++)
        adamwStep([param], [slope()], [mean], [square], undefined, { ...options, step });
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
      expect(() => sgdStep([turned], [grad], [], undefined, { lr: 1 })).toThrow(
        'sgdStep: a tensor of params is written in place',
      );
      const whole = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device, dtype: 'int32' },
      );
      expect(() => sgdStep([whole], [grad], [], undefined, { lr: 1 })).toThrow(
        'params is written in place and is int32',
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
      sgdStep([table.select(0, 1)], [tensor([1, 1], { device })], [], undefined, { lr: 1 });
      return table;
    });
    expect(Array.from(data)).toEqual([1, 2, 2, 3, 5, 6]);
  });

  test('going backward through what a step has changed is refused', () => {
    scope(() => {
      const params = [1, 2].map((v) => tensor([v, v], { device, requiresGrad: true }));
      const losses = params.map((param) => param.mul(param).sum());
      const grads = params.map(() => tensor([1, 1], { device }));
      sgdStep(params, grads, [], undefined, { lr: 1 });
      for (const loss of losses) expect(() => loss.backward()).toThrow(GradError);
    });
  });
});

test('numbers must be numbers', () => {
  scope(() => {
    const [param, grad, mean, square] = [1, 2, 3, 4].map((v) => tensor([v])) as [Tensor, Tensor, Tensor, Tensor];
    const lr = '0.1' as unknown as number;
    expect(() => sgdStep([param], [grad], [], undefined, { lr })).toThrow(
      'sgdStep: lr must be a finite number >= 0, got string',
    );
    expect(() => adamwStep([param], [grad], [mean], [square], undefined, { lr, step: 1 })).toThrow(
      'adamwStep: lr must be a finite number >= 0, got string',
    );
    expect(param.dataNow()![0]).toBe(1);
  });
});

/** Each step on parameters, their gradients, running means (or momentum) and squares of as many sizes. */
const steps: Readonly<Record<string, (...lists: [Tensor[], Tensor[], Tensor[], Tensor[]]) => void>> = {
  sgdStep: (params, grads, buffers) => sgdStep(params, grads, buffers, undefined, { lr: 0.1, momentum: 0.9, step: 2 }),
  adamwStep: (params, grads, means, squares) =>
    adamwStep(params, grads, means, squares, undefined, { lr: 0.1, step: 2 }),
  adamStep: (params, grads, means, squares) =>
    adamStep(params, grads, means, squares, undefined, { lr: 0.1, weightDecay: 0.1, step: 2 }),
  rmspropStep: (params, grads, buffers, squares) =>
    rmspropStep(params, grads, squares, [], buffers, undefined, { lr: 0.1, momentum: 0.9 }),
  adagradStep: (params, grads, _, squares) => adagradStep(params, grads, squares, undefined, { lr: 0.1, step: 2 }),
  lionStep: (params, grads, means) => lionStep(params, grads, means, undefined, { lr: 0.1 }),
  averageStep: (averages, values) => averageStep(averages, values, { weight: 0.3 }),
};

/** Parameters, gradients and two things that are remembered, of each size. */
function listsOf(sizes: readonly number[]): [Tensor[], Tensor[], Tensor[], Tensor[]] {
  const generator = new Generator(2);
  const list = (): Tensor[] => sizes.map((size) => tensor(draw(generator, [size])));
  return [list(), list(), list(), list().map((x) => x.square())];
}

describe.each(Object.entries(steps))('%s', (_name, step) => {
  test('threads do not change a bit', async () => {
    await expectSameBits(() => {
      const lists = listsOf([150_003, 5, 0, 20_000, 4097]);
      step(...lists);
      return concat(lists[0]);
    });
  });

  test('on lists does what it does on each tensor alone', () => {
    scope(() => {
      const sizes = [1, 4096, 0, 4097, 3];
      const [together, alone] = [listsOf(sizes), listsOf(sizes)];
      step(...together);
      sizes.forEach((_, i) => step(...(alone.map((list) => [list[i]!]) as typeof alone)));
      const bits = (lists: Tensor[][]): Buffer[] => lists.flat().map((x) => Buffer.from(x.dataNow()!.buffer));
      bits(together).forEach((bytes, i) => expect(bytes.equals(bits(alone)[i]!)).toBe(true));
    });
  });
});
