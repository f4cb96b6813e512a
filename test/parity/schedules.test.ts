// Learning rates of schedules, and the momentum that one of them moves, against PyTorch's.

import { expect, test } from 'vitest';
import * as nn from '../../nn/index.ts';
import { described, readFixture } from './fixture.ts';

const { optim } = nn;
const fixture = readFixture('schedules');
interface Course {
  readonly rates: readonly number[];
  readonly momentums: readonly number[];
}
interface Case extends Course {
  readonly schedule: 'StepLR';
  readonly optimizer: 'SGD' | 'AdamW';
  readonly options: { stepSize: number };
}
const cases = (described(fixture, 'cases') as Case[]).map((one) => ({ ...one, title: JSON.stringify(one.options) }));
const metrics = described(fixture, 'metrics') as number[];

const optimizerOf = (name: 'SGD' | 'AdamW'): nn.optim.SGD | nn.optim.AdamW => {
  const parameters = [new nn.Parameter([1])];
  return name === 'SGD'
    ? new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 })
    : new optim.AdamW(parameters, { lr: 0.1 });
};

function expectCourse(
  { paramGroups: [group] }: nn.optim.SGD | nn.optim.AdamW,
  { rates, momentums }: Course,
  step: (i: number) => void,
): void {
  rates.forEach((rate, i) => {
    expect(group!.lr / rate, `rate ${i}`).toBeCloseTo(1, 12);
    expect('betas' in group! ? group.betas[0] : group!.momentum, `momentum ${i}`).toBeCloseTo(momentums[i]!, 12);
    step(i);
  });
}

test.each(cases)('$schedule of $optimizer $title', ({ schedule: name, optimizer: kind, options, ...course }) => {
  const optimizer = optimizerOf(kind);
  const schedule: { step(metric?: number): void } = new optim[name](optimizer, options);
  expectCourse(optimizer, course, (i) => schedule.step(metrics[i]));
});

test('SequentialLR', () => {
  const optimizer = optimizerOf('SGD');
  const parts = [
    new optim.LinearLR(optimizer, { startFactor: 0.25, totalSteps: 4 }),
    new optim.StepLR(optimizer, { stepSize: 3, gamma: 0.5 }),
    new optim.MultiStepLR(optimizer, { milestones: [2], gamma: 0.1 }),
  ];
  const schedule = new optim.SequentialLR(optimizer, parts, [4, 12]);
  expectCourse(optimizer, described(fixture, 'sequence') as Course, () => schedule.step());
});
