import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkNonNegative } from '../../tensor/range.ts';

export interface PlateauOptions {
  /** Whether a lower or a higher metric is better. Default 'min'. */
  mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
  /** So many calls without a better metric are let pass. Default 10. */
  patience?: number;
  /** How much better is better. Default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share of the best metric. Default 'rel'. */
  thresholdMode?: 'rel' | 'abs';
  /** So many calls after a change are not counted. Default 0. */
  cooldown?: number;
  /** Default 0. */
  minLr?: number;
  /** A change of the rate of no more than this is left out. Default 1e-8. */
  eps?: number;
}

/** Where a plateau stands: plain JSON, for checkpoints. */
export interface PlateauState {
  /** The best metric so far; null before the first. */
  readonly best: number | null;
  readonly badCount: number;
  readonly cooldownCount: number;
}

const known = ['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps'] as const;

/**
 * Multiplies the rates by `factor` when a metric has not got better for more than `patience` calls. NaN is never better.
 *
 * @throws ArgumentError for options out of range
 * @source PyTorch: `torch.optim.lr_scheduler.ReduceLROnPlateau`
 * @example
 * const optimizer = new nn.optim.SGD(new nn.Linear(3, 1).parameters(), { lr: 1 });
 * const schedule = new nn.optim.ReduceLROnPlateau(optimizer, { patience: 1, factor: 0.5 });
 * for (const loss of [3, 2, 2, 2]) schedule.step(loss);
 * schedule.lastLr(); // [0.5]
 */
export class ReduceLROnPlateau {
  readonly #groups: readonly CommonOptions[];
  readonly #options: Required<PlateauOptions>;
  #best: number | null = null;
  #badCount = 0;
  #cooldownCount = 0;

  constructor({ paramGroups }: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: PlateauOptions = {}) {
    const op = 'ReduceLROnPlateau';
    const { mode = 'min', thresholdMode = 'rel', ...numbers } = checkOptions(op, options, known);
    const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minLr = 0, eps = 1e-8 } = numbers;
    checkNonNegative(op, { factor, patience, threshold, cooldown, minLr, eps });
    if (factor >= 1) throw new ArgumentError(`factor must be less than 1, got ${factor}`, { op, factor });
    if (mode !== 'min' && mode !== 'max')
      throw new ArgumentError(`mode must be 'min' or 'max', got '${String(mode)}'`, { op });
    if (thresholdMode !== 'rel' && thresholdMode !== 'abs')
      throw new ArgumentError(`thresholdMode must be 'rel' or 'abs', got '${String(thresholdMode)}'`, { op });
    this.#groups = paramGroups;
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps };
  }

  /** The learning rates in use, one per group. */
  lastLr(): number[] {
    return this.#groups.map(({ lr }) => lr);
  }

  /** Takes notice of a metric: call it after each validation. */
  step(metric: number): void {
    const { patience, cooldown } = this.#options;
    if (this.#isBetter(metric)) {
      this.#best = metric;
      this.#badCount = 0;
    } else {
      this.#badCount++;
    }
    if (this.#cooldownCount > 0) {
      this.#cooldownCount--;
      this.#badCount = 0;
    }
    if (this.#badCount <= patience) return;
    this.#reduce();
    this.#cooldownCount = cooldown;
    this.#badCount = 0;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const best = this.#best ?? -sign * Infinity;
    const bar = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return sign * metric > sign * bar;
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.#options;
    for (const group of this.#groups) {
      const lr = Math.max(group.lr * factor, minLr);
      if (group.lr - lr > eps) group.lr = lr;
    }
  }

  stateDict(): PlateauState {
    return { best: this.#best, badCount: this.#badCount, cooldownCount: this.#cooldownCount };
  }

  /** The rates are in the optimizer's own state. @throws ArgumentError for counts that are none */
  loadStateDict({ best, badCount, cooldownCount }: PlateauState): void {
    checkNonNegative('ReduceLROnPlateau.loadStateDict', { badCount, cooldownCount });
    this.#best = best;
    this.#badCount = badCount;
    this.#cooldownCount = cooldownCount;
  }
}
