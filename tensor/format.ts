import type { Dtype, TypedArray } from './dtype.ts';
import type { Shape } from './shape.ts';
import { isFloat } from './dtype.ts';
import { formatShape } from './shape.ts';

/** Of tensors with more than `summarizeAbove` elements, axes longer than 2 · `edge` are printed as their ends. */
const summarizeAbove = 1000;
const edge = 3;
const lineWidth = 80;
const prefix = 'tensor(';

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
  if (data.length === 0) {
    const size = shape.length === 1 ? '' : `, shape=${formatShape(shape)}`;
    return `${prefix}[]${size}${dtype === 'float32' ? '' : `, dtype=${dtype}`})`;
  }
  const isSummary = data.length > summarizeAbove;
  const shown = visibleIndices(shape, isSummary);
  const print = numberPrinter(
    Array.from(shown, (i) => data[i]!),
    dtype,
  );

  const block = (axis: number, start: number, size: number): string => {
    if (axis === shape.length) return print(data[start]!);
    const step = size / shape[axis]!;
    const parts = visibleRows(shape[axis]!, isSummary).map((i) => block(axis + 1, start + i * step, step));
    const isVector = axis === shape.length - 1;
    if (isSummary && shape[axis]! > 2 * edge) parts.splice(edge, 0, isVector ? ' ...' : '...');
    const indent = ' '.repeat(prefix.length + axis + 1);
    if (!isVector) return `[${parts.join(`,${'\n'.repeat(shape.length - axis - 1)}${indent}`)}]`;
    const perLine = Math.max(1, Math.floor((lineWidth - indent.length + 1) / (parts[0]!.length + 2)));
    const lines = Array.from({ length: Math.ceil(parts.length / perLine) }, (_, i) =>
      parts.slice(i * perLine, (i + 1) * perLine).join(', '),
    );
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  const text = prefix + block(0, 0, data.length);
  if (dtype === 'float32' || dtype === 'bool') return `${text})`;
  const suffix = `dtype=${dtype}`;
  const lastLine = text.length - text.lastIndexOf('\n') + 1;
  return `${text},${lastLine + suffix.length + 2 > lineWidth ? `\n${' '.repeat(prefix.length)}` : ' '}${suffix})`;
}

/** Which entries of an axis of length n are printed. */
function visibleRows(n: number, isSummary: boolean): number[] {
  const rows = Array.from({ length: n }, (_, i) => i);
  return isSummary && n > 2 * edge ? [...rows.slice(0, edge), ...rows.slice(-edge)] : rows;
}

/** Flat indices of the elements that are printed. */
function visibleIndices(shape: Shape, isSummary: boolean): number[] {
  let indices = [0];
  let step = shape.reduce((a, b) => a * b, 1);
  for (const n of shape) {
    step /= n;
    const rows = visibleRows(n, isSummary);
    indices = indices.flatMap((base) => rows.map((i) => base + i * step));
  }
  return indices;
}

/** Prints each of `values`, padded to their common width. */
function numberPrinter(values: readonly number[], dtype: Dtype): (value: number) => string {
  const print = dtype === 'bool' ? (v: number) => String(v !== 0) : isFloat(dtype) ? realPrinter(values) : String;
  // As in PyTorch, zeros and what is not finite have no say in the width of reals.
  const wide = isFloat(dtype) ? values.filter((v) => Number.isFinite(v) && v !== 0) : values;
  const width = wide.reduce((most, v) => Math.max(most, print(v).length), 1);
  return (value) => print(value).padStart(width);
}

function realPrinter(values: readonly number[]): (value: number) => string {
  const sizes = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs);
  const isWhole = sizes.every(Number.isInteger);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const isScientific = largest / smallest > 1000 || largest > 1e8 || (!isWhole && smallest < 1e-4);
  return (value) => {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
    const size = Math.abs(value);
    const digits = isScientific
      ? size.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2')
      : isWhole
        ? `${size}.`
        : size.toFixed(4);
    return value < 0 || Object.is(value, -0) ? `-${digits}` : digits;
  };
}
