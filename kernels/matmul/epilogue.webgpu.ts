// What happens to the sums of a product before they are written.

import type { Tensor } from '../../tensor/tensor.ts';
import type { Activation } from './activations.ts';
import { functions, functionsIn } from '../elementwise/functions.webgpu.ts';

/** A bias [N] is added to each row, then the activation applied. */
export interface Epilogue {
  readonly bias: Tensor | undefined;
  readonly activation: Activation;
}

/** Of parts of sums. */
export const nothing: Epilogue = { bias: undefined, activation: 'none' };

const formulas: Readonly<Record<Activation, string>> = {
  none: 'x',
  relu: 'select(x, 0.0, isAtMost0_(x))',
  gelu: 'x * normalBelow_(x)',
  silu: 'x * sigmoid_(x)',
};

/** Declares `activated(x: f32) -> f32`. */
export function activatedText(activation: Activation): string {
  const value = formulas[activation];
  return `${functions(...functionsIn(value))}
fn activated(x: f32) -> f32 { return ${value}; }`;
}
