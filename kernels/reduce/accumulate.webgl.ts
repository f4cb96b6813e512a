// One number from many: what reductions, products and convolutions have in common. Each element walks its terms in their order;
// more than `mostTerms` are cut into parts, whose results are merged in the same way.

import type { Program } from '../runtime/webgl/launch.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { float } from '../runtime/webgl/glsl.ts';
import { launch } from '../runtime/webgl/launch.ts';
import { withTemporary } from '../runtime/temporary.ts';

export interface Accumulation {
  /** Of all that the texts depend on, its name first; `count` goes without saying. */
  readonly key: string;
  readonly inputs: Program['inputs'];
  readonly numbers?: Readonly<Record<string, number>>;
  /** How many terms an element has. */
  readonly count: number;
  /** GLSL functions that the texts call. */
  readonly functions?: string;
  /** Statements from `i`, the number of the element. */
  readonly setup?: string;
  /** Statements that make `float term` from `k`, the number of the term. */
  readonly term: string;
  readonly neutral?: number;
  /** Of two floats `a` and `b`; default their sum. */
  readonly merge?: string;
  /** The element from `s`, the merged terms. */
  readonly finish?: string;
}

const mostTerms = 1024;

export function accumulate(parts: Accumulation, out: Tensor): void {
  if (out.size === 0) return;
  const { inputs, numbers = {}, count } = parts;
  const key = `${parts.key} of ${count}`;
  if (count <= mostTerms) {
    launch({ key, inputs, numbers, code: () => codeOf(parts, 1, parts.finish ?? 's') }, out);
    return;
  }
  const cuts = Math.ceil(count / mostTerms);
  withTemporary(out, 'float32', [out.size, cuts], (partial) => {
    launch({ key: `${key} in ${cuts}`, inputs, numbers, code: () => codeOf(parts, cuts, 's') }, partial);
    const { neutral = 0, merge = 'a + b', finish = 's', functions = '', setup = '' } = parts;
    const rest = { neutral, merge, finish, functions, setup, numbers, count: cuts };
    const term = `float term = partial(i * ${cuts} + k);`;
    accumulate({ ...rest, key: `merge ${parts.key}`, inputs: { ...inputs, partial }, term }, out);
  });
}

function codeOf(
  { functions = '', setup = '', count, term, neutral = 0, merge = 'a + b' }: Accumulation,
  cuts: number,
  finish: string,
): string {
  const each = Math.ceil(count / cuts);
  const range = cuts === 1 ? `0; k < ${count}` : `begin; k < min(begin + ${each}, ${count})`;
  return `${functions}
float merged(float a, float b) { return ${merge}; }
float accumulated(int i, int begin) {
${setup}
  float s = ${float(neutral)};
  for (int k = ${range}; k++) {
    ${term}
    s = merged(s, term);
  }
  return ${finish};
}
float element(int i) { return accumulated(${cuts === 1 ? 'i, 0' : `i / ${cuts}, (i % ${cuts}) * ${each}`}); }`;
}
