import { describe, expect, test } from 'vitest';
import type { BatchNormOptions, Tensor } from '../../index.ts';
import { batchNorm, grad, layerNorm, scope, tensor } from '../../index.ts';
import { batchNormUpdate } from '../../kernels/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices } from '../devices.ts';
import { draw, readScoped, secondOrderError } from './operands.ts';
import { expectSameBits } from './threads.ts';

function close(got: ArrayLike<number>, want: readonly number[], digits = 5): void {
  want.forEach((v, i) => expect(got[i]).toBeCloseTo(v, digits));
}

describe.each(devices)('on %s', (device) => {
  const wave = (shape: number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float64Array.from({ length: size }, (_, i) => Math.cos(i)),
      { shape, device },
    );
  };

  test('batchNorm equals PyTorch 1.13, in training and after', async () => {
    const reads = scope(() => {
      const x = wave([2, 3, 4]);
      const runningMean = tensor([0, 0, 0], { device });
      const runningVar = tensor([1, 1, 1], { device });
      const y = batchNorm(x, undefined, undefined, { runningMean, runningVar, training: true });
      const still = batchNorm(x, undefined, undefined, { runningMean, runningVar }).select(0, 1).select(0, 2);
      return [y, runningMean, runningVar, still].map((each) => each.data());
    });
    const [y, mean, variance, still] = await Promise.all(reads);
    close(y!, [1.1385309852933896, 0.5170766417912336, -0.7759241312828942, -1.551692386143215]);
    close(mean!, [0.015781412728153154, 0.02200362017061316, -0.044546464649007536], 6);
    close(variance!, [0.9625331354440368, 0.9573866269515491, 0.9245464316435807], 6);
    close(still!, [0.47073361186472307, -0.5233100455258377, -0.9936308187356598, -0.5078179578710056]);
  });

  test('batchNorm of rows [N, C]', async () => {
    const reads = scope(() => {
      const runningMean = tensor([0, 0, 0], { device });
      const runningVar = tensor([1, 1, 1], { device });
      const x = wave([2, 3, 4]).select(0, 0).transpose();
      const y = batchNorm(x, undefined, undefined, { runningMean, runningVar, training: true });
      expect(y.shape).toEqual([4, 3]);
      return [y.data(), runningVar.data()];
    });
    const [y, variance] = await Promise.all(reads);
    close(y!, [1.2372392161157943, -1.5916854870169497, 0.8050734059112729]);
    close(variance!, [0.9813563329602502, 0.9515454860664628, 0.9220385961578712], 6);
  });

  test('an empty batch leaves the running statistics alone', async () => {
    const reads = scope(() => {
      const runningMean = tensor([1, 2], { device });
      const runningVar = tensor([3, 4], { device });
      const x = tensor(new Float32Array(), { shape: [0, 2, 5], device });
      expect(batchNorm(x, undefined, undefined, { runningMean, runningVar, training: true }).shape).toEqual([0, 2, 5]);
      return [runningMean.array(), runningVar.array()];
    });
    expect(await Promise.all(reads)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('layerNorm: a constant row is its bias, a row with NaN is NaN', async () => {
    const { data } = await readScoped(() => {
      const x = tensor(
        [
          [5, 5, 5],
          [1, NaN, 2],
        ],
        { device },
      );
      return layerNorm(x, tensor([1, 2, 3], { device }), tensor([7, 8, 9], { device }));
    });
    expect(Array.from(data)).toEqual([7, 8, 9, NaN, NaN, NaN]);
  });
});

test('what cannot be normalised is refused', () => {
  scope(() => {
    const x = tensor([[1, 2, 3]]);
    const two = tensor([1, 2]);
    expect(() => layerNorm(x, two)).toThrow('layerNorm: x of shape [1, 3] must end in normalizedShape [2]');
    expect(() => layerNorm(x, undefined, undefined, { normalizedShape: [2, 1, 3] })).toThrow(
      'normalizedShape [2, 1, 3]',
    );
    expect(() => layerNorm(x, undefined, two, { normalizedShape: 3 })).toThrow('bias has shape [2]; it must be [3]');
    expect(() => layerNorm(x, undefined, undefined, { normalizedShape: [] })).toThrow(
      'cannot normalise the last 0 axes',
    );
    expect(() => batchNorm(x)).toThrow('one value per channel; training needs two');
    expect(() => batchNorm(x, undefined, undefined, { training: false })).toThrow('needs runningMean and runningVar');
    expect(() => batchNorm(x, undefined, undefined, { runningMean: two })).toThrow('pass both or none');
    expect(() => batchNorm(two)).toThrow('must be [N, C, ...]');
  });
});

test('running statistics that cannot be kept are refused', () => {
  scope(() => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const [mean, variance, three] = [tensor([0, 0]), tensor([1, 1]), tensor([1, 1, 1])];
    const call = (options: BatchNormOptions) => (): unknown => batchNorm(x, undefined, undefined, options);
    for (const training of [true, false]) {
      const refused = 'batchNorm: runningMean and runningVar are one tensor';
      expect(call({ training, runningMean: mean, runningVar: mean })).toThrow(refused);
      expect(call({ training, runningMean: mean, runningVar: mean.reshape([2]) })).toThrow(refused);
      expect(call({ training, runningMean: three, runningVar: variance })).toThrow(
        'batchNorm: runningMean has shape [3]; it must be [2]',
      );
      expect(call({ training, runningMean: mean, runningVar: 1 as unknown as Tensor })).toThrow(
        'batchNorm: runningVar must be a tensor, got number',
      );
      for (const momentum of [-0.1, 1.5, NaN])
        expect(call({ training, momentum })).toThrow(`momentum must be a number of 0..1, got ${momentum}`);
      for (const eps of [-1, Infinity, NaN])
        expect(call({ training, eps })).toThrow(`eps must be a finite number >= 0, got ${eps}`);
    }
    const table = tensor([
      [0, 0],
      [1, 1],
    ]); // two rows of one storage
    call({ training: true, runningMean: table.select(0, 0), runningVar: table.select(0, 1) })();
    expect(table.dataNow()![0]).toBeCloseTo(0.2);
    expect(Array.from(mean.dataNow()!)).toEqual([0, 0]);
    const update = (attrs: object) => (): unknown =>
      batchNormUpdate(mean, variance, tensor([0, 0]), tensor([1, 1]), { count: 2, ...attrs });
    expect(update({ momentum: '1' })).toThrow('momentum must be a number');
    expect(update({ momentum: 2 })).toThrow('momentum must be a number of 0..1, got 2');
    expect(update({ eps: NaN })).toThrow('eps must be a finite number >= 0, got NaN');
  });
});

test.each([
  ['deviations', 1.6, 2e-6],
  ['a large mean', 3000, 2e-3],
])('layerNorm of rows of %s is as exact as float32 has them', async (_name, mean, error) => {
  const x = draw(new Generator(3), [4, 83]).map((value) => Math.fround(value + mean));
  const [got, want] = await Promise.all(
    (['cpu', 'reference'] as const).map((device) => readScoped(() => layerNorm(tensor(x, { shape: [4, 83], device })))),
  );
  got!.data.forEach((value, i) => expect(Math.abs(value - want!.data[i]!)).toBeLessThan(error));
});

test('layerNorm takes the axes its weight has', async () => {
  const generator = new Generator(8);
  const x = draw(generator, [5, 3, 7]);
  const weight = draw(generator, [3, 7]);
  const [whole, flat] = await Promise.all([
    readScoped(() => layerNorm(tensor(x, { shape: [5, 3, 7] }), tensor(weight, { shape: [3, 7] }))),
    readScoped(() => layerNorm(tensor(x, { shape: [5, 21] }), tensor(weight))),
  ]);
  expect(whole.data).toEqual(flat.data);
});

test('threads do not change a bit', async () => {
  const generator = new Generator(6);
  const shape = [530, 130];
  const [x, g] = [draw(generator, shape), draw(generator, shape)];
  const [weight, bias] = [draw(generator, [130]), draw(generator, [130])];
  const leaf = (data: Float32Array, of: number[]): Tensor => tensor(data, { shape: of, requiresGrad: true });
  for (const norm of [layerNorm, batchNorm]) {
    for (const index of [0, 1, 2]) {
      await expectSameBits(() => {
        const inputs = [leaf(x, shape), leaf(weight, [130]), leaf(bias, [130])] as const;
        return grad(norm(...inputs), [...inputs], { gradOutput: tensor(g, { shape }) })[index]!;
      });
    }
  }
});

test('second derivatives', () => {
  const affine = [[4, 3], [3], [3]];
  expect(secondOrderError((x, w, b) => layerNorm(x, w, b), affine)).toBeLessThan(1e-6);
  expect(secondOrderError((x) => layerNorm(x), [[4, 3]])).toBeLessThan(1e-6);
  expect(secondOrderError((x, w, b) => batchNorm(x, w, b), affine)).toBeLessThan(1e-6);
  expect(secondOrderError((x, w) => batchNorm(x, w), [[2, 3, 4], [3]])).toBeLessThan(1e-6);
});
