// A case: what is measured, what any library would do for it, and what ours is to reach.

import type { Job } from './job.ts';

/** Made ready: what is timed, and numbers that every library must get. */
export interface Prepared {
  /** One run. A promise is waited for. */
  readonly run: () => unknown;
  /** Called once, before the first run. */
  readonly check?: () => readonly number[] | Promise<readonly number[]>;
}

export interface Case {
  readonly name: string;
  /** `GFLOP/s`, `GB/s` and `G/s` tell how much is done in a second; `ms` and `µs` how long it takes. */
  readonly unit: keyof typeof units;
  /** In one run: floating-point operations, bytes or elements; calls, for the times. Default 1. */
  readonly amount?: number;
  /** Numbers of threads of ours. Default [1]. */
  readonly threads?: readonly number[];
  readonly marks?: readonly Mark[];
  /** What the peers do for it; without one, only ours is measured. */
  readonly job?: Job;
  /** Makes what the run needs, which nobody frees. */
  readonly setup: () => Prepared | Promise<Prepared>;
}

/** What ours is to reach, on one thread of the newest Node unless said. */
export interface Mark {
  /** So many times as fast as `beside`; without one, a rate of at least this. */
  readonly atLeast?: number;
  /** So many times as long as `beside`, at most; without one, a time of at most this. */
  readonly atMost?: number;
  /** A peer, the name of a case that is measured in the same turns, or ours on one thread. */
  readonly beside?: string;
  readonly threads?: number;
  /** On Node 20. */
  readonly isOld?: boolean;
  /** With V8's revectorisation. */
  readonly isWide?: boolean;
}

/** A value from the seconds of one run and its amount. */
export const units = {
  'GFLOP/s': { isRate: true, value: (seconds: number, amount: number) => amount / seconds / 1e9 },
  'GB/s': { isRate: true, value: (seconds: number, amount: number) => amount / seconds / 1e9 },
  'G/s': { isRate: true, value: (seconds: number, amount: number) => amount / seconds / 1e9 },
  ms: { isRate: false, value: (seconds: number, amount: number) => (seconds / amount) * 1e3 },
  µs: { isRate: false, value: (seconds: number, amount: number) => (seconds / amount) * 1e6 },
} as const;

/** A job that answers now. */
export const once = (run: () => { dispose(): void }): Prepared => ({ run: () => run().dispose() });
