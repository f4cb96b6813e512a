// Random problems: shapes, attributes and seeds, never the values of tensors.

import fc from 'fast-check';
import type { Drawn, Operands } from './attend.ts';
import { biasShape, drawOperands } from './attend.ts';

export interface RandomProblem {
  readonly options: {
    readonly kernelSize: number[];
    readonly stride: number[];
    readonly dilation: number[];
    readonly isCausal: boolean[];
    readonly scale?: number;
  };
  /** The query's, [B, *X, N, D]. */
  readonly shape: number[];
  readonly drawn: Drawn;
  readonly seed: number;
}

/** Which problems to draw. */
export interface Limits {
  /** The longest token axes of problems with one, two, three of them. */
  longest?: readonly [number, number, number];
  leastAxes?: number;
  mostDim?: number;
  /** All windows as long as their axes, and nothing causal. */
  isWhole?: boolean;
  hasBias?: boolean;
  hasAdditional?: boolean;
}

/** One to three token axes, key heads shared or not, values of another dim, with and without bias and additional tokens. */
export function problems(limits: Limits = {}): fc.Arbitrary<RandomProblem> {
  const { longest = [24, 9, 5], leastAxes = 1, mostDim = 9, isWhole = false } = limits;
  const axis = fc.record({
    length: fc.nat(),
    window: fc.nat(),
    dilation: fc.nat(),
    stride: fc.nat(),
    isCausal: fc.boolean(),
  });
  const record = fc.record({
    axes: fc.array(axis, { minLength: leastAxes, maxLength: 3 }),
    batch: fc.integer({ min: 1, max: 2 }),
    headsKv: fc.integer({ min: 1, max: 2 }),
    shared: fc.integer({ min: 1, max: 3 }),
    dim: fc.integer({ min: 1, max: mostDim }),
    dimValue: fc.integer({ min: 1, max: mostDim }),
    hasBias: limits.hasBias === undefined ? fc.boolean() : fc.constant(limits.hasBias),
    additional: limits.hasAdditional === false ? fc.constant(undefined) : fc.constantFrom(undefined, 0, 1, 3),
    seed: fc.nat(),
    scale: fc.constantFrom(undefined, undefined, 0, -0.5, 1.3),
  });
  return record.map(({ axes, batch, headsKv, shared, dim, dimValue, hasBias, additional, seed, scale }) => {
    const length = axes.map((a) => 1 + (a.length % longest[axes.length - 1]!));
    const dilation = axes.map((a, i) => (isWhole ? 1 : 1 + (a.dilation % length[i]!)));
    const kernelSize = axes.map((a, i) =>
      isWhole ? length[i]! : 1 + (a.window % Math.floor(length[i]! / dilation[i]!)),
    );
    const stride = axes.map((a, i) => 1 + (a.stride % kernelSize[i]!));
    const isCausal = axes.map((a) => !isWhole && a.isCausal);
    return {
      options: { kernelSize, stride, dilation, isCausal, ...(scale !== undefined && { scale }) },
      shape: [batch, ...length, headsKv * shared, dim],
      drawn: { headsKv, dimValue, rpb: hasBias ? biasShape(kernelSize) : undefined, additional },
      seed,
    };
  });
}

export function operandsOf({ shape, seed, drawn }: RandomProblem): Operands {
  return drawOperands(shape, seed, 1, drawn);
}

/** Holds `body` against `numRuns` random problems. */
export function check(limits: Limits, numRuns: number, body: (problem: RandomProblem) => void): void {
  fc.assert(fc.property(problems(limits), body), { numRuns });
}
