// Random problems with the seed of their operands.

import fc from 'fast-check';
import { attentions, type AttentionBounds, type AttentionProblem } from '../../../testing/attentions.ts';
import { seeds } from '../../../testing/seededTensors.ts';
import type { Operands } from './attend.ts';
import { drawOperands } from './attend.ts';

export interface RandomProblem extends AttentionProblem {
  readonly seed: number;
}

export function problems(bounds: AttentionBounds = {}): fc.Arbitrary<RandomProblem> {
  return fc.tuple(attentions(bounds), seeds()).map(([problem, seed]) => ({ ...problem, seed }));
}

/** Operands on the host, with gradients of the results: for runs on several devices. */
export function operandsOf({ shapes, seed }: RandomProblem): Operands {
  const { query, key, value, rpb, additionalKeys } = shapes;
  const [headsKv, dimValue] = [key.at(-2)!, value.at(-1)!];
  return drawOperands(query, seed, 1, { headsKv, dimValue, rpb: rpb?.slice(1), additional: additionalKeys?.[1] });
}

/** Holds `body` against `numRuns` random problems. */
export function check(bounds: AttentionBounds, numRuns: number, body: (problem: RandomProblem) => void): void {
  fc.assert(fc.property(problems(bounds), body), { numRuns });
}
