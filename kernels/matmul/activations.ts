import { normalBelow } from '../elementwise/normalBelow.ts';

/** What `linear` may apply to its results. Kernels of the CPU know them by their places. */
export const activations = ['none', 'relu', 'gelu', 'silu'] as const;
export type Activation = (typeof activations)[number];

/** Reference forms. */
export const activationOf: Readonly<Record<Activation, (x: number) => number>> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x * normalBelow(x),
  silu: (x) => x / (1 + Math.exp(-x)),
};
