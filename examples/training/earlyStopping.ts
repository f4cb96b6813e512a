/** Where an `EarlyStopping` stands: plain JSON, for checkpoints. */
export interface EarlyStoppingState {
  readonly best: number | null;
  readonly badCount: number;
}

/** Ends a training whose validation has not improved for `patience` times. */
export class EarlyStopping {
  readonly #patience: number;
  readonly #sign: 1 | -1;
  #best: number | null = null;
  #badCount = 0;

  /** `mode` says which values are better: 'min' for a loss, 'max' for an accuracy. */
  constructor({ patience, mode }: { patience: number; mode: 'min' | 'max' }) {
    this.#patience = patience;
    this.#sign = mode === 'max' ? 1 : -1;
  }

  /** Takes notice of a validation; whether it is the best so far. */
  update(value: number): boolean {
    const isBest = this.#best === null || this.#sign * value > this.#sign * this.#best;
    if (isBest) this.#best = value;
    this.#badCount = isBest ? 0 : this.#badCount + 1;
    return isBest;
  }

  get best(): number | null {
    return this.#best;
  }

  get isOver(): boolean {
    return this.#badCount >= this.#patience;
  }

  stateDict(): EarlyStoppingState {
    return { best: this.#best, badCount: this.#badCount };
  }

  loadStateDict({ best, badCount }: EarlyStoppingState): void {
    this.#best = best;
    this.#badCount = badCount;
  }
}
