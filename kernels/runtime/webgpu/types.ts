// What WGSL calls the dtypes, and where an operand with strides has its elements.

import type { Dtype } from '../../../tensor/dtype.ts';
import type { Loops } from '../collapse.ts';
import type { Word } from './program.ts';
import { DtypeError } from '../../../tensor/errors.ts';

/** The type in which elements are stored. */
export function storedType(dtype: Dtype): 'f32' | 'f16' | 'i32' | 'u32' {
  switch (dtype) {
    case 'float32':
      return 'f32';
    case 'float16':
      return 'f16';
    case 'int32':
      return 'i32';
    case 'bool':
      return 'u32';
    default:
      throw new DtypeError(`the webgpu device has no ${dtype}`, { op: 'webgpu', dtype });
  }
}

/** The type in which is computed: halves in f32. */
export function computedType(dtype: Dtype): 'f32' | 'i32' | 'u32' {
  const stored = storedType(dtype);
  return stored === 'f16' ? 'f32' : stored;
}

/** Parameters and code that find element `i` of a loop nest in each operand. */
export interface Places {
  readonly params: readonly (readonly [string, Word])[];
  /** Statements that make `xAt` from `i` for each operand `x`, with its offset. */
  readonly code: string;
}

/**
 * For operands with any strides: row-major over `rank` axes, sizes n0, n1 ... and strides x0, x1 ... in `params`. Negative
 * strides wrap around, as u32 arithmetic does.
 */
export function places(rank: number, operands: readonly string[]): Places {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const params = [
    ...axes.map((axis) => [`n${axis}`, 'u32'] as const),
    ...operands.flatMap((name) => axes.map((axis) => [`${name}${axis}`, 'u32'] as const)),
  ];
  const split = axes
    .toReversed()
    .map((axis) =>
      axis === 0 ? '  let i0 = rest;' : `  let i${axis} = rest % params.n${axis}; rest /= params.n${axis};`,
    );
  const sums = operands.map((name) => {
    const terms = axes.map((axis) => `i${axis} * params.${name}${axis}`);
    return `  let ${name}At = ${[`params.${name}Offset`, ...terms].join(' + ')};`;
  });
  return { params, code: ['  var rest = i;', ...split, ...sums].join('\n') };
}

/** The values of these parameters. */
export function placeWords({ sizes, strides }: Loops): number[] {
  return [...sizes, ...strides.flat()];
}
