import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { LRScheduler } from './schedule.ts';
import { checkMilestones } from './stepLR.ts';

/**
 * One schedule after another: the next begins anew, at its step 0, at each milestone. Step this one only.
 *
 * @param schedules - of the same optimizer, in their order
 * @param milestones - the steps at which the second, third ... begins
 * @throws ArgumentError unless there is one milestone fewer than schedules
 * @source PyTorch: `torch.optim.lr_scheduler.SequentialLR`
 * @example
 * const optimizer = new nn.optim.AdamW(new nn.Linear(3, 1).parameters(), { lr: 1 });
 * const warmup = new nn.optim.LinearLR(optimizer, { startFactor: 0.5, totalSteps: 10 });
 * const steps = new nn.optim.StepLR(optimizer, { stepSize: 30 });
 * const schedule = new nn.optim.SequentialLR(optimizer, [warmup, steps], [10]);
 * schedule.lastLr(); // [0.5]
 */
export class SequentialLR extends LRScheduler {
  readonly schedules: readonly LRScheduler[];
  readonly milestones: readonly number[];

  constructor(
    optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>,
    schedules: readonly LRScheduler[],
    milestones: readonly number[],
  ) {
    super(optimizer);
    const op = 'SequentialLR';
    this.schedules = [...schedules];
    this.milestones = checkMilestones(op, milestones);
    if (schedules.length !== milestones.length + 1) {
      const got = `${schedules.length} schedules and ${milestones.length} milestones`;
      throw new ArgumentError(`${got}; each schedule but the first begins at one`, { op, milestones });
    }
    this.apply();
  }

  override rate(step: number, baseLr: number): number {
    const [schedule, since] = this.#at(step);
    return schedule.rate(step - since, baseLr);
  }

  override adjust(step: number, group: CommonOptions): void {
    const [schedule, since] = this.#at(step);
    schedule.adjust(step - since, group);
  }

  /** The schedule in charge, and the step at which it began. */
  #at(step: number): [LRScheduler, number] {
    const begun = this.milestones.filter((milestone) => milestone <= step);
    return [this.schedules[begun.length]!, begun.at(-1) ?? 0];
  }
}
