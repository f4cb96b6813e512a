// The optimizers beside AdamW and SGD: what PyTorch's numbers do not say of them.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { memory, scope, tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { devices } from '../devices.ts';

const { optim, Parameter } = nn;
type Any = nn.optim.Optimizer<nn.optim.CommonOptions>;

const makers: [string, (params: Tensor[]) => Any, string[]][] = [
  ['Adam', (params) => new optim.Adam(params, { lr: 0.1 }), ['exp_avg', 'exp_avg_sq']],
  [
    'RMSprop',
    (params) => new optim.RMSprop(params, { lr: 0.1, centered: true, momentum: 0.5, eps: 0.1 }),
    ['square_avg', 'grad_avg', 'momentum_buffer'],
  ],
  ['Adagrad', (params) => new optim.Adagrad(params, { lr: 0.5, initialAccumulatorValue: 0.1 }), ['sum']],
  ['Lion', (params) => new optim.Lion(params, { lr: 0.1 }), ['exp_avg']],
];

const start = (device: string): nn.Parameter =>
  scope(() => new Parameter(tensor([1, -2, 3, 0.5, -4], { device: device as 'cpu' })));

function descend(optimizer: Any, p: Tensor, steps: number): void {
  for (let i = 0; i < steps; i++) {
    scope(() => {
      optimizer.zeroGrad();
      p.square().sum().mul(0.5).backward();
      optimizer.step();
    });
  }
}

describe.each(devices)('on %s', (device) => {
  test.each(makers)('%s descends, and continues bit for bit from its state', async (_, make, names) => {
    const [p, q] = [start(device), start(device)];
    const [first, second] = [make([p]), make([q])];
    descend(first, p, 4);
    expect((await p.data()).every((value, i) => Math.abs(value) < Math.abs([1, -2, 3, 0.5, -4][i]!))).toBe(true);
    const { settings, tensors } = first.stateDict();
    expect([...tensors.keys()]).toEqual(names.map((name) => `0.${name}`));
    const host = await Promise.all(
      [...tensors].map(async ([key, x]) => [key, { dtype: x.dtype, shape: x.shape, data: await x.data() }] as const),
    );
    second.loadStateDict({ settings: JSON.parse(JSON.stringify(settings)), tensors: new Map(host) });
    scope(() => q.become(p.contiguous()));
    descend(first, p, 3);
    descend(second, q, 3);
    expect(await q.array()).toEqual(await p.array());
  });
});

test('Lion, by hand', async () => {
  const p = start('reference');
  descend(new optim.Lion([p], { lr: 0.1, betas: [0.9, 0.5], weightDecay: 1 }), p, 2);
  // Each step leaves 0.9 of p and takes 0.1 in its direction: 1 → 0.8 → 0.62
  expect((await p.data())[0]).toBeCloseTo(0.62, 12);
});

test.each([
  [
    () => new optim.Adam([start('cpu')], { betas: [1, 0.9] }),
    'Adam: betas are 1,0.9; they must be two numbers of [0, 1)',
  ],
  [() => new optim.RMSprop([start('cpu')], { alpha: 2 }), 'RMSprop: alpha must be a number of 0..1, got 2'],
  [() => new optim.Adagrad([start('cpu')], { lrDecay: -1 }), 'Adagrad: lrDecay must be a finite number >= 0, got -1'],
  [() => new optim.Lion([start('cpu')], { eps: 1 } as object), "Lion: has no option 'eps'"],
  [() => optim.clipGradValue([], -1), 'clipGradValue: clipValue must be a finite number >= 0, got -1'],
])('bad options %#', (make, message) => {
  expect(make).toThrow(message);
});

describe('AveragedModel', () => {
  class Model extends nn.Module {
    norm = new nn.BatchNorm2d(2);
    first = new nn.Linear(2, 2);
    second = new nn.Linear(2, 2);
    constructor() {
      super();
      this.second.weight = this.first.weight;
    }
    forward(x: Tensor): Tensor {
      return this.second.forward(this.first.forward(x));
    }
  }
  const fill = (model: Model, value: number): void => {
    for (const x of [...model.parameters(), model.norm.runningMean]) nn.init.constant(x, value);
  };

  test('averages parameters, copies buffers or averages them too, and gives the weights back', async () => {
    for (const useBuffers of [false, true]) {
      using model = new Model();
      using averaged = new optim.AveragedModel(model, { decay: 0.75, useBuffers });
      for (const value of [4, 8]) {
        fill(model, value);
        averaged.update();
      }
      averaged.apply();
      expect(await model.first.weight.array()).toEqual([
        [5, 5],
        [5, 5],
      ]);
      expect(await model.norm.runningMean.array()).toEqual(useBuffers ? [5, 5] : [8, 8]);
      expect(() => averaged.update()).toThrow('the averages are in the model; call restore() first');
      averaged.restore();
      expect(await model.first.bias!.array()).toEqual([8, 8]);
    }
  });

  test('its state is one of the model, and continues', async () => {
    using model = new Model();
    using averaged = new optim.AveragedModel(model);
    for (const value of [1, 2, 6]) {
      fill(model, value);
      averaged.update();
    }
    const { settings, tensors } = averaged.stateDict();
    expect([...tensors.keys()]).toEqual([...model.stateDict().keys()]);
    using other = new Model();
    other.loadStateDict(tensors);
    expect(await other.second.bias!.array()).toEqual([3, 3]);
    using again = new optim.AveragedModel(other);
    again.loadStateDict({ settings: JSON.parse(JSON.stringify(settings)), tensors });
    fill(other, 7);
    again.update();
    expect(again.count).toBe(4);
    expect(await again.stateDict().tensors.get('first.bias')!.array()).toEqual([4, 4]);
    expect(() => again.loadStateDict({ settings: { count: -1 }, tensors })).toThrow('count must be an integer >= 0');
  });

  test('leaks nothing', () => {
    const before = { ...memory().cpu! };
    const model = new nn.Linear(3, 2);
    const averaged = new optim.AveragedModel(model, { decay: 0.9 });
    averaged.update();
    averaged.update();
    averaged.apply();
    averaged.dispose();
    model.dispose();
    expect(memory().cpu).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
    expect(() => new optim.AveragedModel(model, { decay: 2 })).toThrow('decay must be a number of 0..1, got 2');
  });
});
