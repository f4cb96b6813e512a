import type { CommonOptions, Optimizer } from './optimizer.ts';
import { ArgumentError } from '../../index.ts';
import { checkOptions } from '../../tensor/options.ts';
import { checkCount, checkNonNegative, checkShare } from '../../tensor/range.ts';
import { LRScheduler } from './schedule.ts';

export interface OneCycleOptions {
  /** The highest rate; the optimizer's own is not used. */
  maxLr: number;
  /** Of the whole cycle; afterwards the rate stays at its end. */
  totalSteps: number;
  /** The share of the cycle in which the rate rises. Default 0.3. */
  pctStart?: number;
  /** How it goes between its turning points. Default 'cos'. */
  annealStrategy?: 'cos' | 'linear';
  /** Move momentum, or the first of betas, the other way round. Default true. */
  cycleMomentum?: boolean;
  /** Momentum where the rate is highest. Default 0.85. */
  baseMomentum?: number;
  /** Momentum at both ends. Default 0.95. */
  maxMomentum?: number;
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** The last rate is the first one / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Fall as fast as it rose, to the first rate, and go on to the last one in what is left. Default false. */
  threePhase?: boolean;
}

const known = [
  'maxLr',
  'totalSteps',
  'pctStart',
  'annealStrategy',
  'cycleMomentum',
  'baseMomentum',
  'maxMomentum',
  'divFactor',
  'finalDivFactor',
  'threePhase',
] as const;

/** From one turning point to the next. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [number, number];
  readonly momentum: readonly [number, number];
}

/**
 * One cycle: the rate rises from maxLr / divFactor to maxLr, and falls far below where it began, while the momentum falls
 * and rises. PyTorch refuses to step on after the end; here rate and momentum stay.
 *
 * @throws ArgumentError for options out of range
 * @source Smith and Topin 2017 (arXiv 1708.07120). PyTorch: `torch.optim.lr_scheduler.OneCycleLR`
 * @example
 * const optimizer = new nn.optim.SGD(new nn.Linear(3, 1).parameters(), { lr: 0.1, momentum: 0.9 });
 * const schedule = new nn.optim.OneCycleLR(optimizer, { maxLr: 0.5, totalSteps: 100 });
 * schedule.lastLr(); // [0.02]
 * optimizer.paramGroups[0].momentum; // 0.95
 */
export class OneCycleLR extends LRScheduler {
  readonly #phases: readonly Phase[];
  readonly #isCosine: boolean;
  readonly #cyclesMomentum: boolean;

  constructor(optimizer: Pick<Optimizer<CommonOptions>, 'paramGroups'>, options: OneCycleOptions) {
    super(optimizer);
    const op = 'OneCycleLR';
    checkOptions(op, options, known, ['maxLr', 'totalSteps']);
    const { annealStrategy = 'cos', cycleMomentum = true } = options;
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear')
      throw new ArgumentError(`annealStrategy must be 'cos' or 'linear', got '${String(annealStrategy)}'`, { op });
    this.#phases = phasesOf(op, options);
    this.#isCosine = annealStrategy === 'cos';
    this.#cyclesMomentum = cycleMomentum;
    if (cycleMomentum && !optimizer.paramGroups.every((group) => 'momentum' in group || 'betas' in group))
      throw new ArgumentError('the optimizer has no momentum; pass cycleMomentum: false', { op });
    this.apply();
  }

  override rate(step: number): number {
    return this.#between(step, 'lr');
  }

  override adjust(step: number, group: CommonOptions & { momentum?: number; betas?: readonly [number, number] }): void {
    if (!this.#cyclesMomentum) return;
    const momentum = this.#between(step, 'momentum');
    if (group.betas) group.betas = [momentum, group.betas[1]];
    else group.momentum = momentum;
  }

  #between(step: number, what: 'lr' | 'momentum'): number {
    const phases = this.#phases;
    const found = phases.findIndex(({ end }) => step <= end);
    const at = found < 0 ? phases.length - 1 : found;
    const { end, [what]: range } = phases[at]!;
    const begin = at === 0 ? 0 : phases[at - 1]!.end;
    const part = end > begin ? Math.min(1, (step - begin) / (end - begin)) : 1;
    const left = this.#isCosine ? (1 + Math.cos(Math.PI * part)) / 2 : 1 - part;
    return range[1] + (range[0] - range[1]) * left;
  }
}

function phasesOf(op: string, options: OneCycleOptions): Phase[] {
  const { maxLr, totalSteps, pctStart = 0.3, baseMomentum = 0.85, maxMomentum = 0.95 } = options;
  const { divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
  checkCount(op, { totalSteps });
  checkShare(op, { pctStart, baseMomentum, maxMomentum });
  checkNonNegative(op, { maxLr, divFactor, finalDivFactor });
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  const top = pctStart * totalSteps - 1;
  const [down, up] = [[maxMomentum, baseMomentum] as const, [baseMomentum, maxMomentum] as const];
  const rise: Phase = { end: top, lr: [first, maxLr], momentum: down };
  if (!threePhase) return [rise, { end: totalSteps - 1, lr: [maxLr, last], momentum: up }];
  return [
    rise,
    { end: 2 * top, lr: [maxLr, first], momentum: up },
    { end: totalSteps - 1, lr: [first, last], momentum: [maxMomentum, maxMomentum] },
  ];
}
