// The text of kernels. An input `x` is read as `x(i)`, element i from where its tensor begins; a number as `params.name`.

import type { Loops } from '../collapse.ts';

/** A kernel as gpu.js takes it: GLSL that defines `float element(int i)`, or with `parts` what is said at `vectorSourceOf`. */
export interface GlslSource {
  /** Arguments in their order: textures, then numbers. */
  readonly parameters: readonly string[];
  readonly text: string;
  /** The JavaScript of an element, where it is not that. */
  readonly value?: string;
  /** Vectors of four that an element is made of, instead of one float. */
  readonly parts?: number;
}

/** What a text reads: floats from a texture, or vectors of four, dealt out to so many textures in turn. */
export type Inputs = Readonly<Record<string, 'floats' | number>>;

/** @param code defines `float element(int i)`: element i of the result */
export function sourceOf(inputs: Inputs, numbers: readonly string[], code: string): GlslSource {
  const parameters = Object.entries(inputs).flatMap(([x, kind]) =>
    kind === 'floats' ? [x, `${x}Offset`] : partNames(x, kind),
  );
  const fetches = Object.entries(inputs).map(([x, kind]) => (kind === 'floats' ? fetchOf(x) : vectorFetchOf(x, kind)));
  return {
    parameters: [...parameters, ...numbers],
    text: [...fetches, code.replaceAll(/\bparams\.(\w+)/g, 'user_$1')].join('\n'),
  };
}

/** @param code defines `void compute(int i)`, which sets `parts[0]`, `parts[1]` ...: the vectors of element i */
export function vectorSourceOf(inputs: Inputs, numbers: readonly string[], code: string, parts: number): GlslSource {
  const declared = `vec4 parts[${parts}];
${code}
vec4 element(int i) { compute(i); return parts[0]; }
vec4 part(int k) { return parts[k]; }`;
  return { ...sourceOf(inputs, numbers, declared), parts };
}

const partNames = (x: string, count: number): string[] => Array.from({ length: count }, (_, k) => `${x}Part${k}`);

function fetchOf(x: string): string {
  return `float ${x}(int i) {
  int at = i + int(user_${x}Offset);
  return texelFetch(user_${x}, ivec2(at % user_${x}Size.x, at / user_${x}Size.x), 0).r;
}`;
}

function vectorFetchOf(x: string, count: number): string {
  const size = `user_${x}Part0Size.x`;
  const fetches = partNames(x, count).map((part, k) => {
    const fetch = `return texelFetch(user_${part}, place, 0);`;
    return k < count - 1 ? `  if (part == ${k}) ${fetch}` : `  ${fetch}`;
  });
  return `vec4 ${x}(int i) {
  int at = i / ${count};
  int part = i % ${count};
  ivec2 place = ivec2(at % ${size}, at / ${size});
${fetches.join('\n')}
}`;
}

/** Statements that split `i` into i0, i1 ... (or another letter) along axes of these sizes; the first takes what is left. */
export function indices(sizes: readonly number[], i = 'i', letter = 'i'): string {
  const split = sizes.map((size, axis) =>
    axis === 0 ? `  int ${letter}0 = rest;` : `  int ${letter}${axis} = rest % ${size}; rest /= ${size};`,
  );
  return [`  int rest = ${i};`, ...split.toReversed()].join('\n');
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
