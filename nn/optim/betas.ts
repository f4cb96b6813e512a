import { ArgumentError } from '../../index.ts';

/** @throws ArgumentError unless betas are the decays of two running means */
export function checkBetas(op: string, betas: readonly [number, number]): void {
  if (Array.isArray(betas) && betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1)) return;
  throw new ArgumentError(`betas are ${String(betas)}; they must be two numbers of [0, 1)`, { op, betas });
}
