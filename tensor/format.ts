import type { Dtype, TypedArray } from './dtype.ts';
import type { Shape } from './shape.ts';
import { isFloat } from './dtype.ts';
import { formatShape } from './shape.ts';

/** Axes longer than this are printed as their first and last three entries, once the tensor is large. */
const edge = 3;
const summarizeAbove = 1000;

/** Row-major `data` as nested arrays; bools become booleans. */
export function nest(data: TypedArray, shape: Shape, dtype: Dtype): unknown {
  const value = (i: number): number | boolean => (dtype === 'bool' ? data[i] !== 0 : data[i]!);
  const build = (axis: number, start: number, size: number): unknown => {
    if (axis === shape.length) return value(start);
    const step = size / (shape[axis]! || 1);
    return Array.from({ length: shape[axis]! }, (_, i) => build(axis + 1, start + i * step, step));
  };
  return build(0, 0, data.length);
}

/** Values as PyTorch prints them: aligned columns, four digits, scientific when the range is wide, summarised when large. */
export function formatTensor(data: TypedArray, { shape, dtype }: { shape: Shape; dtype: Dtype }): string {
  if (data.length === 0) return `tensor([], shape=${formatShape(shape)}, dtype=${dtype})`;
  const isSummary = data.length > summarizeAbove;
  const shown = isSummary ? visibleIndices(shape) : data.map((_, i) => i);
  const print = numberPrinter(
    Array.from(shown, (i) => data[i]!),
    dtype,
  );
  const width = Math.max(...Array.from(shown, (i) => print(data[i]!).length));
  const prefix = 'tensor(';

  const block = (axis: number, start: number, size: number): string => {
    if (axis === shape.length) return print(data[start]!).padStart(width);
    const n = shape[axis]!;
    const step = size / n;
    const isCut = isSummary && n > 2 * edge;
    const parts: string[] = [];
    for (let i = 0; i < n; i++) {
      if (isCut && i === edge) {
        parts.push('...');
        i = n - edge;
      }
      parts.push(block(axis + 1, start + i * step, step));
    }
    const depth = shape.length - axis - 1;
    const separator = depth === 0 ? ', ' : `,${'\n'.repeat(depth)}${' '.repeat(prefix.length + axis + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  const suffix = dtype === 'float32' || dtype === 'bool' ? '' : `, dtype=${dtype}`;
  return `${prefix}${block(0, 0, data.length)}${suffix})`;
}

/** Flat indices of the elements that a summary shows. */
function visibleIndices(shape: Shape): number[] {
  let indices = [0];
  let step = shape.reduce((a, b) => a * b, 1);
  for (const n of shape) {
    step /= n;
    const rows = Array.from({ length: n }, (_, i) => i).filter((i) => n <= 2 * edge || i < edge || i >= n - edge);
    indices = indices.flatMap((base) => rows.map((i) => base + i * step));
  }
  return indices;
}

function numberPrinter(values: number[], dtype: Dtype): (value: number) => string {
  if (dtype === 'bool') return (v) => (v ? 'true' : 'false');
  if (!isFloat(dtype)) return (v) => String(v);
  const special = (v: number): string | undefined =>
    Number.isNaN(v) ? 'nan' : Number.isFinite(v) ? undefined : v > 0 ? 'inf' : '-inf';
  const sizes = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  const smallest = sizes.length ? Math.min(...sizes) : 0;
  if (values.every((v) => !Number.isFinite(v) || Number.isInteger(v)) && largest < 1e8) {
    return (v) => special(v) ?? `${Object.is(v, -0) ? '-0' : v}.`;
  }
  if (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000) {
    return (v) => special(v) ?? v.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return (v) => special(v) ?? v.toFixed(4);
}
