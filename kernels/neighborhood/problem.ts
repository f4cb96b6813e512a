import type { Shape } from '../../tensor/shape.ts';
import type { Axis } from './window.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';

/** A scalar is repeated; an array has one entry per token axis. */
export type PerAxis<T> = T | readonly T[];

/** Who attends to whom. */
export interface NaProblem {
  /** Keys per query along each axis, even or odd. */
  kernelSize: PerAxis<number>;
  /** Queries that share one window, at most kernelSize. Default 1; kernelSize gives window attention. */
  stride?: PerAxis<number>;
  /** Distance between neighbouring keys. Default 1. */
  dilation?: PerAxis<number>;
  /** Whether a query sees only itself and what comes before. Default false. */
  isCausal?: PerAxis<boolean>;
}

/** The problem on the token axes of `query` [B, *X, N, D], axis by axis: what each entry into the attention checks first. */
export function resolveProblem(op: string, query: Shape, problem: NaProblem): Axis[] {
  const tokens = query.slice(1, -2);
  return resolveAxes(op, tokens.length, problem).map((rule, i) => {
    const axis = { ...rule, length: tokens[i]! };
    checkSpan(op, axis, i, query);
    return axis;
  });
}

/** The problem axis by axis, before the axes have lengths: all that a layer can check when it is made. */
export function resolveAxes(op: string, tokenAxes: number, problem: NaProblem): Omit<Axis, 'length'>[] {
  const sizes = (name: string, value: PerAxis<number>): readonly number[] =>
    perAxis(op, name, value, tokenAxes, isSize, 'an integer >= 1');
  const kernelSize = sizes('kernelSize', problem.kernelSize);
  const stride = sizes('stride', problem.stride ?? 1);
  const dilation = sizes('dilation', problem.dilation ?? 1);
  const isCausal = perAxis(op, 'isCausal', problem.isCausal ?? false, tokenAxes, isBoolean, 'true or false');
  return kernelSize.map((size, i) => {
    if (stride[i]! > size) {
      throw new ShapeError(
        `stride ${stride[i]} is larger than kernelSize ${size} along axis ${axisName(i)}; use stride <= ${size}`,
        { op, kernelSize: size, stride: stride[i] },
      );
    }
    return { kernelSize: size, stride: stride[i]!, dilation: dilation[i]!, isCausal: isCausal[i]! };
  });
}

/** Throws unless query, key and value are [B, *X, N, D] with one to three token axes and fit each other. */
export function checkOperands(op: string, query: Shape, key: Shape, value: Shape): void {
  if (query.length < 4 || query.length > 6) {
    const wanted = 'it must be [B, *X, N, D] with 1 to 3 token axes *X, so of rank 4 to 6';
    throw new ShapeError(`query ${formatShape(query)} has rank ${query.length}; ${wanted}`, { op, query });
  }
  for (const [name, shape] of [
    ['key', key],
    ['value', value],
  ] as const) {
    if (sameShape(shape, query)) continue;
    const [heads, dim] = [query.length - 2, query.length - 1];
    const advice = !sameShape(shape.slice(0, heads), query.slice(0, heads))
      ? 'batch and token axes must be equal'
      : shape[heads] !== query[heads]
        ? `${shape[heads]} heads must be ${query[heads]}, as many as the query has`
        : `head dim ${shape[dim]} must be ${query[dim]}, the query's`;
    throw new ShapeError(`${name} ${formatShape(shape)} does not fit query ${formatShape(query)}; ${advice}`, {
      op,
      query,
      [name]: shape,
    });
  }
  if (query.at(-1)! > 0 && query.at(-2)! > 0) return;
  throw new ShapeError(`query ${formatShape(query)} has no heads or head dim 0; both must be >= 1`, { op, query });
}

/** Token axes are called X, Y, Z. */
export function axisName(axis: number): string {
  return 'XYZ'[axis]!;
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function perAxis<T>(
  op: string,
  name: string,
  value: PerAxis<T>,
  tokenAxes: number,
  isLegal: (x: unknown) => boolean,
  wanted: string,
): readonly T[] {
  const values = Array.isArray(value) ? (value as readonly T[]) : new Array<T>(tokenAxes).fill(value as T);
  if (values.length !== tokenAxes) {
    throw new ShapeError(
      `${name} [${values.join(', ')}] has ${count(values.length, 'entry', 'entries')} for ${count(tokenAxes, 'token axis', 'token axes')}; give one per axis, or one value for all`,
      { op, argument: name, value, tokenAxes },
    );
  }
  const wrong = values.findIndex((x) => !isLegal(x));
  if (wrong < 0) return values;
  throw new ArgumentError(`${name} along axis ${axisName(wrong)} must be ${wanted}, got ${String(values[wrong])}`, {
    op,
    argument: name,
    value,
  });
}

function checkSpan(op: string, axis: Axis, index: number, query: Shape): void {
  const { length, kernelSize, dilation } = axis;
  const name = axisName(index);
  const span = kernelSize * dilation;
  if (span <= length) return;
  const legal = [
    ...(dilation > 1 && kernelSize <= length ? [`dilation <= ${Math.floor(length / kernelSize)}`] : []),
    ...(dilation <= length ? [`kernelSize <= ${Math.floor(length / dilation)}`] : []),
  ];
  const advice = legal.length > 0 ? legal.join(' or ') : 'a smaller kernelSize and dilation';
  throw new ShapeError(
    `kernelSize ${kernelSize} times dilation ${dilation} spans ${span} tokens, but axis ${name} of query ${formatShape(query)} has ${length}; use ${advice}`,
    { op, axis, query },
  );
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
