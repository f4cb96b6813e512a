// WGSL of who sees whom, by window start and end: window.ts in the language of the GPU.

import type { Word } from '../../runtime/webgpu/program.ts';
import type { Axis } from '../window.ts';
import { onThree } from './tileChoice.ts';

/** Functions `first<a>(c)` and `end<a>(c)` for the three axes: the window of the owner with coordinate c, in positions of its group. */
export interface WgslSight {
  /** What the text depends on. */
  readonly key: string;
  readonly code: string;
  /** Distance of neighbours along each axis. */
  readonly dilations: readonly number[];
  /** Numbers that the code reads from `params`. */
  readonly params?: readonly (readonly [name: string, type: Word, value: number])[];
}

type Rule = Omit<Axis, 'length'>;

const lone: Rule = { kernelSize: 1, stride: 1, dilation: 1, isCausal: false };

/** What queries see of keys, or by key of queries. Lengths are params n0, n1, n2. */
export function wgslSight(axes: readonly Rule[], by: 'query' | 'key'): WgslSight {
  const three = onThree(axes, lone);
  return {
    key: `${by} ${three.map(({ kernelSize, stride, dilation, isCausal }) => [kernelSize, stride, dilation, Number(isCausal)].join()).join(' ')}`,
    code: three.map((axis, i) => (by === 'query' ? windowCode(axis, i) : inverseCode(axis, i))).join('\n'),
    dilations: three.map(({ dilation }) => dilation),
  };
}

function functions(axis: number, dilation: number, first: string, end: string): string {
  const place = `  let p = c / ${dilation};
  let n = (i32(params.n${axis}) - c % ${dilation} + ${dilation - 1}) / ${dilation};`;
  return `fn first${axis}(c: i32) -> i32 {\n${place}\n${first}\n}\nfn end${axis}(c: i32) -> i32 {\n${place}\n${end}\n}`;
}

function windowCode({ kernelSize, stride, dilation, isCausal }: Rule, axis: number): string {
  const begin = `(p - p % ${stride})`;
  if (isCausal) {
    const first = `  return max(min(${begin} + ${stride - 1}, n - 1) - ${kernelSize - 1}, 0);`;
    return functions(axis, dilation, first, '  return p + 1;');
  }
  const leader = `min(${begin} + ${stride >> 1}, n - 1)`;
  const first = `  return min(max(${leader} - ${kernelSize >> 1}, 0), n - ${kernelSize});`;
  return functions(axis, dilation, first, first.replace('return ', `return ${kernelSize} + `));
}

function inverseCode({ kernelSize, stride, dilation, isCausal }: Rule, axis: number): string {
  const roundDown = (x: string): string => `(${x}) / ${stride} * ${stride}`;
  if (isCausal) {
    const end = `  let last = p + ${kernelSize};
  return min(${roundDown('last')} + select(0, ${stride}, last >= n), n);`;
    return functions(axis, dilation, '  return p;', end);
  }
  const left = kernelSize >> 1;
  const right = kernelSize - 1 - left;
  const behind = stride - (stride >> 1) - 1;
  const first = `  return select(0, ${roundDown(`p - ${right} + ${behind}`)}, p >= ${kernelSize});`;
  const end = `  return select(${roundDown(`p + ${left + behind + 1}`)}, n, p >= n - ${kernelSize});`;
  return functions(axis, dilation, first, end);
}

/** Plain attention: one row of tokens, whose windows are everything, everything up to the owner, or in a table (`windows`). */
export function wgslLine(kind: 'all' | 'causal' | 'packed', by: 'query' | 'key'): WgslSight {
  const alone = [0, 2].map(
    (axis) => `fn first${axis}(c: i32) -> i32 { return 0; }\nfn end${axis}(c: i32) -> i32 { return 1; }`,
  );
  const [first, end] =
    kind === 'packed'
      ? ['windows[params.windowsOffset + 2u * u32(c)]', 'windows[params.windowsOffset + 2u * u32(c) + 1u]']
      : kind === 'all'
        ? ['0', 'i32(params.m1)']
        : by === 'query'
          ? ['0', 'min(c + 1, i32(params.m1))']
          : ['min(c, i32(params.m1))', 'i32(params.m1)'];
  const own = `fn first1(c: i32) -> i32 { return ${first}; }\nfn end1(c: i32) -> i32 { return ${end}; }`;
  return { key: `${by} ${kind}`, code: [...alone, own].join('\n'), dilations: [1, 1, 1] };
}
