import type { Tensor } from '../../tensor/tensor.ts';
import { elements } from '../runtime/cpu/elements.ts';

/** Which step, of those taken, number `step` is after the skipped ones of `overflow`; null: it is skipped itself. */
export function stepsTaken(step: number, overflow: ArrayLike<number> | undefined): number | null {
  if (!overflow) return step;
  return overflow[0] === 0 ? step - overflow[1]! : null;
}

/** The same of a tensor in the host's memory. */
export function stepsTakenCpu(step: number, overflow: Tensor | undefined): number | null {
  return stepsTaken(step, overflow && elements(overflow));
}
