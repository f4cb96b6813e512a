/** Which samples of a dataset an epoch gives, and in what order. */
export interface Sampler {
  /** Samples per epoch. */
  readonly size: number;
  /** Their indices in the dataset; depends on the number of the epoch alone, so that a resumed run meets the same. */
  order(epoch: number): ArrayLike<number>;
  /**
   * Where the `i`-th of them stands in the epoch of all processes that share the dataset: what a transform draws for a sample
   * depends on it. Default: `i`.
   */
  place?(i: number): number;
}
