import type { Shape } from '../../tensor/shape.ts';
import type { Operands } from './packed.ts';
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

/**
 * The problem on the token axes of `query`, axis by axis: what each entry into the attention checks first.
 *
 * @param tokens of query; default: those of [B, *X, N, D]
 * @param label what errors call `query`
 */
export function resolveProblem(
  op: string,
  query: Shape,
  problem: NaProblem,
  tokens: Shape = query.slice(1, -2),
  label = 'query',
): Axis[] {
  return resolveAxes(op, tokens.length, problem).map((rule, i) => {
    const axis = { ...rule, length: tokens[i]! };
    checkSpan(op, axis, i, query, label);
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
export function checkOperands(op: string, operands: Operands<Shape>): void {
  const { query, key, value } = operands;
  if (query.length < 4 || query.length > 6) {
    const wanted = 'it must be [B, *X, N, D] with 1 to 3 token axes *X, so of rank 4 to 6';
    throw new ShapeError(`query ${formatShape(query)} has rank ${query.length}; ${wanted}`, { op, query });
  }
  for (const [name, shape] of Object.entries({ key, value })) {
    if (sameShape(shape.slice(0, -2), query.slice(0, -2)) && shape.length === query.length) continue;
    refuse(op, { name, shape, than: 'query', other: query }, 'batch and token axes must be equal');
  }
  checkHeads(op, query, key, value);
  checkAdditional(op, operands);
}

/** Throws unless heads and head dims of query, key and value, their last two axes, fit each other. */
export function checkHeads(op: string, query: Shape, key: Shape, value: Shape): void {
  const [heads, dim] = query.slice(-2) as [number, number];
  const [headsKey, dimKey] = key.slice(-2) as [number, number];
  if (heads === 0 || dim === 0) {
    throw new ShapeError(`query ${formatShape(query)} has no heads or head dim 0; both must be >= 1`, { op, query });
  }
  const keyOf = { name: 'key', shape: key, than: 'query', other: query };
  if (dimKey !== dim) refuse(op, keyOf, `head dim ${dimKey} must be ${dim}, the query's`);
  if (headsKey === 0 || heads % headsKey !== 0)
    refuse(op, keyOf, `${headsKey} heads must divide the query's ${heads}, so that as many queries share each`);
  const valueOf = { name: 'value', shape: value, than: 'key', other: key };
  if (value.at(-2) !== headsKey)
    refuse(op, valueOf, `${value.at(-2)} heads must be ${headsKey}, as many as the key has`);
  if (value.at(-1) === 0) refuse(op, valueOf, 'head dim 0 must be >= 1');
}

/** Additional tokens: both or neither, [B, n, Nkv, D] and [B, n, Nkv, Dv]. */
function checkAdditional(op: string, { key, value, additionalKeys, additionalValues }: Operands<Shape>): void {
  if (!additionalKeys && !additionalValues) return;
  if (!additionalKeys || !additionalValues) {
    const [given, missing] = additionalKeys ? ['Keys', 'Values'] : ['Values', 'Keys'];
    throw new ArgumentError(`additional${given} came without additional${missing}; give both or neither`, { op });
  }
  const count = additionalKeys[1] ?? 0;
  const like = (shape: Shape): Shape => [shape[0]!, count, ...shape.slice(-2)];
  const keys = { name: 'additionalKeys', shape: additionalKeys, than: 'key', other: key };
  if (!sameShape(additionalKeys, like(key))) refuse(op, keys, `it must be ${formatShape(like(key))}`);
  const values = { name: 'additionalValues', shape: additionalValues, than: 'value', other: value };
  if (!sameShape(additionalValues, like(value)))
    refuse(op, values, `it must be ${formatShape(like(value))}, as many as additionalKeys`);
}

/** Throws unless `rpb` is [N, 2K − 1, ...]. */
export function checkBias(
  op: string,
  rpb: Shape,
  heads: number,
  axes: readonly { readonly kernelSize: number }[],
): void {
  const wanted = [heads, ...axes.map(({ kernelSize }) => 2 * kernelSize - 1)];
  if (sameShape(rpb, wanted)) return;
  const advice = `it must be ${formatShape(wanted)}: ${heads} heads, then 2 · kernelSize - 1 for each token axis`;
  throw new ShapeError(`rpb ${formatShape(rpb)} does not fit the problem; ${advice}`, { op, rpb, wanted });
}

function refuse(
  op: string,
  { name, shape, than, other }: { name: string; shape: Shape; than: string; other: Shape },
  advice: string,
): never {
  const text = `${name} ${formatShape(shape)} does not fit ${than} ${formatShape(other)}; ${advice}`;
  throw new ShapeError(text, { op, [name]: shape, [than]: other });
}

/** Token axes are called X, Y, Z. */
export function axisName(axis: number): string {
  return 'XYZ'[axis]!;
}

/** The names of so many token axes as they stand in a shape: `X, Y`. */
export function axisNames(tokenAxes: number): string {
  return Array.from({ length: tokenAxes }, (_, axis) => axisName(axis)).join(', ');
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

function checkSpan(op: string, axis: Axis, index: number, query: Shape, label: string): void {
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
    `kernelSize ${kernelSize} times dilation ${dilation} spans ${span} tokens, but axis ${name} of ${label} ${formatShape(query)} has ${length}; use ${advice}`,
    { op, axis, query },
  );
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
