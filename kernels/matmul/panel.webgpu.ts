// Operands of a tiled product that are matrices with strides.

import type { Dtype } from '../../tensor/dtype.ts';
import type { Word } from '../runtime/webgpu/program.ts';
import type { Panel } from './tile.webgpu.ts';

/** Where a matrix lies: elements between neighbours along M or N, and along K. */
export interface Steps {
  readonly outer: number;
  readonly k: number;
}

/**
 * How it is read. `wide` is by vec4: along K when `along` is k; else four rows of A (columns of B) at once. Transposes need no
 * copy.
 */
export interface Reading {
  readonly along: 'outer' | 'k';
  readonly wide: boolean;
}

/**
 * @param lengths sizes of the outer axis and of K
 * @param others what else is added to an address: offset, strides of batches
 * @param width how many numbers a wide read takes
 */
export function readingOf(steps: Steps, lengths: Steps, others: readonly number[], width = 4): Reading {
  const fit = (...numbers: readonly number[]): boolean => numbers.every((n) => n % width === 0);
  if (steps.k === 1 && fit(steps.outer, lengths.k, ...others)) return { along: 'k', wide: true };
  if (steps.outer === 1 && fit(steps.k, lengths.outer, ...others)) return { along: 'outer', wide: true };
  return { along: Math.abs(steps.k) <= Math.abs(steps.outer) ? 'k' : 'outer', wide: false };
}

/** The parameters of operand `x`. */
export function panelParams(x: 'a' | 'b'): (readonly [string, Word])[] {
  return [
    [`${x}Outer`, 'u32'],
    [`${x}K`, 'u32'],
  ];
}

/**
 * Operand `x` of sizes `size` (params.m or params.n) and K. Rows beyond the last are the last one again: what comes of them is
 * never written. `ends` says that the last step of K may reach beyond it; there are zeros then.
 */
export function matrixPanel(x: 'a' | 'b', dtype: Dtype, { along, wide }: Reading, ends: boolean): Panel {
  const size = x === 'a' ? 'params.m' : 'params.n';
  const type = dtype === 'float16' ? 'vec4h' : 'vec4f';
  const four = [0, 1, 2, 3];
  const guard = (within: string, set: string): string => (ends ? `if (${within}) { ${set} }` : set);
  const zero = ends ? four.map((i) => `r${i} = ${type}();`).join(' ') : '';
  const rows = (scale: string): string =>
    four.map((i) => `s${i} = (${x}At + min(outer + ${i}u, ${size} - 1u) * params.${x}Outer)${scale};`).join('\n');
  const turned = four.map(
    (j) => `vec4f(${four.map((i) => `f32(r${i}[${j}])`).join(', ')})`,
  ) as unknown as Panel['steps'];
  if (wide && along === 'k') {
    const loads = four.map((i) => `r${i} = ${x}[s${i} + k / 4u];`).join(' ');
    return { type, along, state: 4, setup: rows(' / 4u'), load: `${zero} ${guard('k < end', loads)}`, steps: turned };
  }
  if (wide) {
    return {
      type,
      along,
      state: 1,
      setup: `s0 = (${x}At + min(outer, ${size} - 4u)) / 4u;`,
      load: `${zero}\n${four.map((j) => guard(`k + ${j}u < end`, `r${j} = ${x}[s0 + (k + ${j}u) * (params.${x}K / 4u)];`)).join('\n')}`,
      steps: four.map((j) => `vec4f(r${j})`) as unknown as Panel['steps'],
    };
  }
  const loads = four.map((j) =>
    guard(`k + ${j}u < end`, four.map((i) => `r${i}[${j}] = ${x}[s${i} + (k + ${j}u) * params.${x}K];`).join(' ')),
  );
  return { type, along, state: 4, setup: rows(''), load: [zero, ...loads].join('\n'), steps: turned };
}
