/** What is measured: one entry, one row of the table for each number of threads. */
export interface Case {
  readonly name: string;
  /** `GFLOP/s` and `GB/s` tell how much is done in a second; `ms` and `µs` how long it takes. */
  readonly unit: keyof typeof units;
  /** In one run: floating-point operations or bytes; calls, for the times. Default 1. */
  readonly amount?: number;
  /** Measured in turns. Default [1]. */
  readonly threads?: readonly number[];
  /** The value to reach on one thread: at least for rates, at most for times. */
  readonly mark?: number;
  /** What two threads are to give, as a multiple of one. */
  readonly speedUpMark?: number;
  /** Makes what the run needs, which nobody frees, and returns the run. */
  readonly setup: () => () => void;
}

/** A value from the seconds of one run and its amount. */
export const units = {
  'GFLOP/s': { isRate: true, value: (seconds: number, amount: number) => amount / seconds / 1e9 },
  'GB/s': { isRate: true, value: (seconds: number, amount: number) => amount / seconds / 1e9 },
  ms: { isRate: false, value: (seconds: number, amount: number) => (seconds / amount) * 1e3 },
  µs: { isRate: false, value: (seconds: number, amount: number) => (seconds / amount) * 1e6 },
} as const;
