import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';

/** Where a schedule stands: plain JSON, for checkpoints. */
export interface ScheduleState {
  readonly step: number;
  /** Each group's learning rate before the schedule touched it. */
  readonly baseLrs: readonly number[];
}

/** A group's rate before any schedule touched it, and the last that one set: schedules of one optimizer share the first. */
const touched = new WeakMap<CommonOptions, { readonly baseLr: number; readonly lr: number }>();

function baseLrOf(group: CommonOptions): number {
  const known = touched.get(group);
  return known && known.lr === group.lr ? known.baseLr : group.lr;
}

/**
 * The base of schedules: sets each group's learning rate from its base rate and the number of steps taken. The base rate is
 * the one before any schedule of this optimizer set another.
 */
export abstract class LRScheduler {
  readonly #groups: readonly CommonOptions[];
  #baseLrs: readonly number[];
  #step = 0;

  constructor({ paramGroups }: Pick<Optimizer<CommonOptions>, 'paramGroups'>) {
    this.#groups = paramGroups;
    this.#baseLrs = paramGroups.map(baseLrOf);
  }

  /** The learning rate after `step` steps. */
  abstract rate(step: number, baseLr: number): number;

  /** The learning rates in use, one per group. */
  lastLr(): number[] {
    return this.#groups.map(({ lr }) => lr);
  }

  /** Goes on by one: call it after each `optimizer.step()`. */
  step(): void {
    this.#step++;
    this.apply();
  }

  /** Sets what else of a group follows the schedule, such as momentum. */
  adjust(_step: number, _group: CommonOptions): void {}

  protected apply(): void {
    this.#groups.forEach((group, i) => {
      const baseLr = this.#baseLrs[i]!;
      group.lr = this.rate(this.#step, baseLr);
      this.adjust(this.#step, group);
      touched.set(group, { baseLr, lr: group.lr });
    });
  }

  stateDict(): ScheduleState {
    return { step: this.#step, baseLrs: this.#baseLrs };
  }

  /** @throws ArgumentError when the state is of another number of groups. */
  loadStateDict({ step, baseLrs }: ScheduleState): void {
    const op = 'LRScheduler.loadStateDict';
    checkNonNegative(op, { step });
    if (!Array.isArray(baseLrs) || baseLrs.length !== this.#groups.length) {
      const got = `${Array.isArray(baseLrs) ? baseLrs.length : 'no'} base rates`;
      throw new ArgumentError(`the state has ${got}; the optimizer has ${this.#groups.length} groups`, { op, baseLrs });
    }
    this.#step = step;
    this.#baseLrs = [...(baseLrs as number[])];
    this.apply();
  }
}

export interface CosineOptions {
  /** After so many steps the rate is `minLr`, and stays so. */
  totalSteps: number;
  /** So many steps rise linearly to the full rate. Default 0. */
  warmupSteps?: number;
  /** Default 0. */
  minLr?: number;
}

/**
 * A linear warm-up, lr · (t + 1) / (warmupSteps + 1), then half a cosine from lr to minLr at totalSteps.
 *
 * @throws ArgumentError when warmupSteps is more than totalSteps
 * @source Loshchilov and Hutter 2016 (arXiv 1608.03983), eq. 5. PyTorch: `LinearLR`, then `CosineAnnealingLR`
 * @example
 * const optimizer = new nn.optim.AdamW(new nn.Linear(3, 1).parameters(), { lr: 0.1 });
 * const schedule = new nn.optim.CosineSchedule(optimizer, { totalSteps: 100, warmupSteps: 4 });
 * schedule.lastLr(); // [0.02]
 */
export class CosineSchedule extends LRScheduler {
  readonly totalSteps: number;
  readonly warmupSteps: number;
  readonly minLr: number;

  constructor(optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: CosineOptions) {
    super(optimizer);
    const op = 'CosineSchedule';
    checkOptions(op, options, ['totalSteps', 'warmupSteps', 'minLr'], ['totalSteps']);
    const { totalSteps, warmupSteps = 0, minLr = 0 } = options;
    checkNonNegative(op, { totalSteps, warmupSteps, minLr });
    if (warmupSteps > totalSteps) {
      throw new ArgumentError(`warmupSteps ${warmupSteps} are more than totalSteps ${totalSteps}`, {
        op,
        warmupSteps,
        totalSteps,
      });
    }
    this.totalSteps = totalSteps;
    this.warmupSteps = warmupSteps;
    this.minLr = minLr;
    this.apply();
  }

  override rate(step: number, baseLr: number): number {
    const { totalSteps, warmupSteps, minLr } = this;
    if (step < warmupSteps) return (baseLr * (step + 1)) / (warmupSteps + 1);
    if (step >= totalSteps) return minLr;
    const progress = (step - warmupSteps) / (totalSteps - warmupSteps);
    return minLr + ((baseLr - minLr) * (1 + Math.cos(Math.PI * progress))) / 2;
  }
}
