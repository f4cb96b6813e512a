import { describe, expect, test } from 'vitest';
import { tensor } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const { optim, Parameter } = nn;
const sgd = (): nn.optim.SGD => new optim.SGD([new Parameter(tensor([1]))], { lr: 1 });

describe('schedules', () => {
  test('of one optimizer begin at the same rate, unless it was set by hand', () => {
    const optimizer = sgd();
    const warmup = new optim.LinearLR(optimizer, { startFactor: 0.5 });
    expect(warmup.lastLr()).toEqual([0.5]);
    expect(new optim.StepLR(optimizer, { stepSize: 2 }).lastLr()).toEqual([1]);
    optimizer.paramGroups[0]!.lr = 0.25;
    expect(new optim.StepLR(optimizer, { stepSize: 2 }).lastLr()).toEqual([0.25]);
  });

  test('continue from their state, with what else they move', () => {
    const make = (): [nn.optim.SGD, nn.optim.LRScheduler] => {
      const optimizer = new optim.SGD([new Parameter(tensor([1]))], { lr: 1, momentum: 0.9 });
      return [optimizer, new optim.OneCycleLR(optimizer, { maxLr: 2, totalSteps: 10 })];
    };
    const [[a, first], [b, second]] = [make(), make()];
    for (let i = 0; i < 4; i++) first.step();
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    expect(b.paramGroups[0]).toMatchObject({ lr: a.paramGroups[0]!.lr, momentum: a.paramGroups[0]!.momentum });
    for (let i = 0; i < 8; i++) second.step();
    expect(b.paramGroups[0]!.lr).toBeCloseTo(2 / 25 / 1e4, 15);
  });

  test('a plateau continues from its state; NaN is never better', () => {
    const optimizer = sgd();
    const first = new optim.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 });
    expect(first.stateDict().best).toBe(null);
    for (const loss of [3, NaN]) first.step(loss);
    const second = new optim.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 });
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    second.step(3);
    expect(second.lastLr()).toEqual([0.5]);
  });

  test.each([
    [() => new optim.StepLR(sgd(), { stepSize: 0 }), 'StepLR: stepSize must be an integer >= 1, got 0'],
    [() => new optim.MultiStepLR(sgd(), { milestones: [3, 2] }), 'MultiStepLR: milestones 3, 2 must not fall'],
    [() => new optim.LinearLR(sgd(), { totalSteps: 1.5 }), 'totalSteps must be an integer >= 1, got 1.5'],
    [() => new optim.SequentialLR(sgd(), [], []), 'SequentialLR: 0 schedules and 0 milestones'],
    [
      () => new optim.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 9, annealStrategy: 'sine' as 'cos' }),
      "annealStrategy must be 'cos' or 'linear', got 'sine'",
    ],
    [() => new optim.OneCycleLR(sgd(), { maxLr: 1 } as never), "OneCycleLR: needs the option 'totalSteps'"],
    [() => new optim.ReduceLROnPlateau(sgd(), { factor: 1 }), 'factor must be less than 1, got 1'],
    [() => new optim.ReduceLROnPlateau(sgd(), { mode: 'up' as 'max' }), "mode must be 'min' or 'max', got 'up'"],
  ])('refuse bad options %#', (make, message) => {
    expect(make).toThrow(message);
  });
});
