import type { Tensor } from '../../tensor/tensor.ts';

/** The numbers that a function takes beside its tensors, as its kernel gets them: for integers cut to what int32 holds. */
export function numbersOf(x: Tensor, attrs: object, names: readonly string[]): number[] {
  const numbers = names.map((name) => (attrs as Record<string, number>)[name]!);
  if (x.dtype !== 'int32') return numbers;
  return numbers.map((value) => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1));
}
