import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkCount, checkNonNegative } from '../../tensor/range.ts';
import { LRScheduler } from './schedule.ts';

export interface StepLROptions {
  /** The rate falls after each so many steps. */
  stepSize: number;
  /** What it is multiplied by. Default 0.1. */
  gamma?: number;
}

/**
 * lr · gamma ^ ⌊t / stepSize⌋.
 *
 * @throws ArgumentError when stepSize is no integer >= 1
 * @source PyTorch: `torch.optim.lr_scheduler.StepLR`
 * @example
 * const optimizer = new nn.optim.SGD(new nn.Linear(3, 1).parameters(), { lr: 0.1 });
 * const schedule = new nn.optim.StepLR(optimizer, { stepSize: 30, gamma: 0.5 });
 * schedule.rate(60, 0.1); // 0.025
 */
export class StepLR extends LRScheduler {
  readonly stepSize: number;
  readonly gamma: number;

  constructor(optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: StepLROptions) {
    super(optimizer);
    checkOptions('StepLR', options, ['stepSize', 'gamma'], ['stepSize']);
    const { stepSize, gamma = 0.1 } = options;
    checkCount('StepLR', { stepSize });
    checkNonNegative('StepLR', { gamma });
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.apply();
  }

  override rate(step: number, baseLr: number): number {
    return baseLr * this.gamma ** Math.floor(step / this.stepSize);
  }
}

export interface MultiStepLROptions {
  /** After each so many steps in all the rate falls. One given twice counts twice. */
  milestones: readonly number[];
  /** What it is multiplied by. Default 0.1. */
  gamma?: number;
}

/**
 * lr · gamma ^ (the number of milestones that t has reached).
 *
 * @throws ArgumentError when a milestone is no integer >= 1
 * @source PyTorch: `torch.optim.lr_scheduler.MultiStepLR`
 * @example
 * const optimizer = new nn.optim.SGD(new nn.Linear(3, 1).parameters(), { lr: 1 });
 * const schedule = new nn.optim.MultiStepLR(optimizer, { milestones: [30, 80], gamma: 0.5 });
 * schedule.rate(80, 1); // 0.25
 */
export class MultiStepLR extends LRScheduler {
  readonly milestones: readonly number[];
  readonly gamma: number;

  constructor(optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: MultiStepLROptions) {
    super(optimizer);
    checkOptions('MultiStepLR', options, ['milestones', 'gamma'], ['milestones']);
    const { milestones, gamma = 0.1 } = options;
    this.milestones = checkMilestones('MultiStepLR', milestones);
    checkNonNegative('MultiStepLR', { gamma });
    this.gamma = gamma;
    this.apply();
  }

  override rate(step: number, baseLr: number): number {
    return baseLr * this.gamma ** this.milestones.filter((milestone) => milestone <= step).length;
  }
}

/** A copy of numbers of steps, which must not fall. */
export function checkMilestones(op: string, milestones: readonly number[]): number[] {
  if (!Array.isArray(milestones)) throw new ArgumentError('milestones must be a list of step numbers', { op });
  milestones.forEach((milestone, i) => {
    checkCount(op, { [`milestone ${i}`]: milestone });
    if (i === 0 || milestone >= milestones[i - 1]!) return;
    throw new ArgumentError(`milestones ${milestones.join(', ')} must not fall`, { op, milestones });
  });
  return [...milestones];
}

export interface LinearLROptions {
  /** The first rate is so much of the full one. Default 1/3. */
  startFactor?: number;
  /** The rate from `totalSteps` on is so much of the full one. Default 1. */
  endFactor?: number;
  /** Default 5. */
  totalSteps?: number;
}

/**
 * From lr · startFactor to lr · endFactor along a line: a warm-up before another schedule; see `SequentialLR`.
 *
 * @source PyTorch: `torch.optim.lr_scheduler.LinearLR`
 * @example
 * const optimizer = new nn.optim.SGD(new nn.Linear(3, 1).parameters(), { lr: 1 });
 * const schedule = new nn.optim.LinearLR(optimizer, { startFactor: 0.5, totalSteps: 4 });
 * schedule.lastLr(); // [0.5]
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalSteps: number;

  constructor(optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: LinearLROptions = {}) {
    super(optimizer);
    checkOptions('LinearLR', options, ['startFactor', 'endFactor', 'totalSteps']);
    const { startFactor = 1 / 3, endFactor = 1, totalSteps = 5 } = options;
    checkNonNegative('LinearLR', { startFactor, endFactor });
    checkCount('LinearLR', { totalSteps });
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalSteps = totalSteps;
    this.apply();
  }

  override rate(step: number, baseLr: number): number {
    const { startFactor, endFactor, totalSteps } = this;
    return baseLr * (startFactor + ((endFactor - startFactor) * Math.min(step, totalSteps)) / totalSteps);
  }
}
