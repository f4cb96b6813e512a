import { ShapeError } from './errors.ts';

/** Sizes per axis, outermost first. */
export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** Row-major strides in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** True when elements lie in row-major order without gaps; axes of size 1 may have any stride, no elements lie anyhow. */
export function isContiguous(shape: Shape, strides: Shape): boolean {
  let isDense = true;
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    const n = shape[i]!;
    if (n === 0) return true;
    if (n !== 1 && strides[i] !== step) isDense = false;
    step *= n;
  }
  return isDense;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless `list`, called `name`, is an array: `x.reshape(2, 3)` is meant as `x.reshape([2, 3])`. */
export function checkList(op: string, name: string, entries: string, list: unknown): void {
  if (Array.isArray(list)) return;
  throw new ShapeError(`${name} must be an array of ${entries}, got ${String(list)}`, { op, [name]: list });
}

/** Throws unless every size is a non-negative integer and the product can be addressed. */
export function checkShape(op: string, shape: Shape): void {
  checkList(op, 'shape', 'sizes', shape);
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`shape ${formatShape(shape)} has ${String(n)}; every size must be an integer >= 0`, {
        op,
        shape,
      });
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape))) {
    throw new ShapeError(`shape ${formatShape(shape)} has more elements than can be counted`, { op, shape });
  }
}

/** An axis of -rank..rank-1 as 0..rank-1; anything else is a ShapeError. */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? 'a tensor of rank 0 has no axes' : `use ${-rank}..${rank - 1}`;
    throw new ShapeError(
      `axis ${String(axis)} is out of range for shape ${formatShape(shape)} (rank ${rank}); ${range}`,
      { op, axis, shape },
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** One axis, several, or all when undefined: ascending, without repeats. An empty list means all, as in PyTorch. */
export function normalizeAxes(op: string, axis: number | readonly number[] | undefined, shape: Shape): number[] {
  if (axis === undefined || (Array.isArray(axis) && axis.length === 0)) return shape.map((_, i) => i);
  const axes = (Array.isArray(axis) ? (axis as readonly number[]) : [axis as number])
    .map((a) => normalizeAxis(op, a, shape))
    .sort((a, b) => a - b);
  for (let i = 1; i < axes.length; i++) {
    if (axes[i] === axes[i - 1]) {
      throw new ShapeError(`axis ${axes[i]} is named twice in ${formatShape(axis as Shape)}; name each axis once`, {
        op,
        axis,
        shape,
      });
    }
  }
  return axes;
}

/** `shape` with `axes` removed, or kept as 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i));
}

/** The common shape of `a` and `b` aligned at their last axes; a size of 1 stretches. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${m} and ${n} at axis ${i - rank}; sizes must be equal or 1`,
        { op, a, b },
      );
    }
    shape[i] = m === 1 ? n : m;
  }
  return shape;
}

/** Strides that read `shape` as if it had been stretched to `target`: 0 where it is repeated. */
export function broadcastStrides(shape: Shape, strides: Shape, target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? 0 : strides[i - lead]!));
}

/** Strides that read the elements of (shape, strides) in row-major order as `target`, or null when only a copy can. */
export function reshapedStrides(shape: Shape, strides: Shape, target: Shape): number[] | null {
  if (isContiguous(shape, strides)) return contiguousStrides(target);
  const axes = shape.flatMap((n, i) => (n === 1 ? [] : [i])); // an axis of size 1 may have any stride: it says nothing
  const result = new Array<number>(target.length).fill(0);
  let to = target.length - 1;
  for (let k = axes.length - 1; k >= 0;) {
    // One run of source axes that lie in one another without a gap ...
    const step = strides[axes[k]!]!;
    let size = 1;
    do size *= shape[axes[k--]!]!;
    while (k >= 0 && strides[axes[k]!] === step * size);
    // ... must be covered exactly by a run of target axes.
    let covered = 1;
    while (to >= 0 && covered * target[to]! <= size && covered < size) {
      result[to] = step * covered;
      covered *= target[to--]!;
    }
    if (covered !== size) return null;
  }
  return result;
}
