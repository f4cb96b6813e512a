// The text of kernels. An input `x` is read as `x(i)`, element i from where its tensor begins; a number as `params.name`.

import type { Loops } from '../collapse.ts';

/** A kernel as gpu.js takes it: GLSL that defines `float element(int i)`. */
export interface GlslSource {
  /** Arguments in their order: a texture `x` and its `xOffset`, again and again, then numbers. */
  readonly parameters: readonly string[];
  readonly text: string;
  /** The JavaScript of an element, where it is not that. */
  readonly value?: string;
}

/** @param code defines `float element(int i)`: element i of the result */
export function sourceOf(inputs: readonly string[], numbers: readonly string[], code: string): GlslSource {
  const fetch = inputs.map(
    (x) => `float ${x}(int i) {
  int at = i + int(user_${x}Offset);
  return texelFetch(user_${x}, ivec2(at % user_${x}Size.x, at / user_${x}Size.x), 0).r;
}`,
  );
  return {
    parameters: [...inputs.flatMap((x) => [x, `${x}Offset`]), ...numbers],
    text: [...fetch, code.replaceAll(/\bparams\.(\w+)/g, 'user_$1')].join('\n'),
  };
}

/** Statements that split `i` into i0, i1 ... along axes of these sizes; the first takes what is left. */
export function indices(sizes: readonly number[], i = 'i'): string {
  const split = sizes
    .map((size, axis) => (axis === 0 ? '  int i0 = rest;' : `  int i${axis} = rest % ${size}; rest /= ${size};`))
    .toReversed();
  return [`  int rest = ${i};`, ...split].join('\n');
}

/** Σ iₐ · strideₐ, after `indices`. */
export function sumOf(strides: readonly number[]): string {
  const terms = strides.flatMap((step, axis) => (step === 0 ? [] : [step === 1 ? `i${axis}` : `i${axis} * ${step}`]));
  return terms.join(' + ') || '0';
}

/** Statements that make `<name>At` for each operand of a loop nest. */
export function places({ sizes, strides }: Loops, names: readonly string[]): string {
  return [indices(sizes), ...names.map((name, k) => `  int ${name}At = ${sumOf(strides[k]!)};`)].join('\n');
}

/** A number as GLSL writes floats. */
export function float(value: number): string {
  if (Number.isNaN(value)) return 'uintBitsToFloat(0x7fc00000u)';
  if (!Number.isFinite(value)) return `uintBitsToFloat(${value > 0 ? '0x7f800000u' : '0xff800000u'})`;
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
