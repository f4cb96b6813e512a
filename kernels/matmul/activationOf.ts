import type { Activation } from './activations.ts';
import { normalBelow } from '../elementwise/normalBelow.ts';

/** Reference: what `linear` may apply to its results. */
export const activationOf: Readonly<Record<Activation, (x: number) => number>> = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  gelu: (x) => x * normalBelow(x),
  silu: (x) => x / (1 + Math.exp(-x)),
};
