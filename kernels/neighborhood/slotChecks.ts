// What the unfused operations ask of their operands, heads first.

import type { Shape } from '../../tensor/shape.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.ts';
import { axisNames, resolveProblem } from './problem.ts';

/** Slots per query. */
export function slotsOf(axes: readonly Pick<Axis, 'kernelSize'>[]): number {
  return sizeOf(axes.map(({ kernelSize }) => kernelSize));
}

/** The axes of the problem, once query and key are found to be [B, N, *X, D] and [B, Nkv, *X, D]. */
export function checkDots(op: string, query: Shape, key: Shape, problem: NaProblem): Axis[] {
  const [owner, other] = [
    { name: 'query', shape: query },
    { name: 'key', shape: key },
  ];
  checkRank(op, owner, 'D');
  checkTokens(op, owner, other);
  if (query.at(-1) !== key.at(-1))
    refuse(op, other, owner, `head dim ${key.at(-1)} must be ${query.at(-1)}, the query's`);
  checkSizes(op, owner);
  return resolveProblem(op, query, problem, query.slice(2, -1));
}

/** The axes of the problem, once attn and value are found to be [B, N, *X, ΠK + additional] and [B, Nkv, *X, Dv]. */
export function checkSum(op: string, attn: Shape, value: Shape, problem: NaProblem, additional = 0): Axis[] {
  const [owner, other] = [
    { name: 'attn', shape: attn },
    { name: 'value', shape: value },
  ];
  checkRank(op, owner, 'ΠK');
  checkTokens(op, owner, other);
  checkSizes(op, other);
  return checkSlots(op, attn, problem, additional);
}

/** Checks attn [B, N, *X, ΠK], x [B, N, *X, D] and the heads of the result. */
export function checkSpread(
  op: string,
  attn: Shape,
  x: Shape,
  { headsKv, ...problem }: NaProblem & { headsKv: number },
): void {
  const [owner, other] = [
    { name: 'attn', shape: attn },
    { name: 'x', shape: x },
  ];
  checkRank(op, owner, 'ΠK');
  if (!sameShape(attn.slice(0, -1), x.slice(0, -1))) refuse(op, other, owner, 'all axes but the last must be equal');
  checkSizes(op, other);
  checkSlots(op, attn, problem);
  if (Number.isInteger(headsKv) && headsKv >= 1 && attn[1]! % headsKv === 0) return;
  throw new ShapeError(`headsKv ${headsKv} must be an integer >= 1 that divides the ${attn[1]} heads of attn`, {
    op,
    headsKv,
    attn,
  });
}

/** A shape, by the name that the user knows it by. */
export interface Named {
  readonly name: string;
  readonly shape: Shape;
}

/** Throws unless `shape` is of `tokenAxes` token axes: [B, N, X, Y, D] for two. */
export function checkTokenAxes(op: string, { name, shape }: Named, tokenAxes: number, last: string): void {
  if (shape.length === tokenAxes + 3) return;
  const wanted = `[B, N, ${axisNames(tokenAxes)}, ${last}], of rank ${tokenAxes + 3}`;
  throw new ShapeError(`${name} ${formatShape(shape)} has rank ${shape.length}; it must be ${wanted}`, {
    op,
    [name]: shape,
  });
}

/** Throws unless additional keys (values) [B, Nkv, n, D] fit the keys (values) [B, Nkv, *X, D]. */
export function checkAdditional(op: string, additional: Named, than: Named): void {
  const [batch, heads] = than.shape as [number, number];
  const wanted = [batch, heads, additional.shape[2] ?? 0, than.shape.at(-1)!];
  if (!sameShape(additional.shape, wanted)) refuse(op, additional, than, `it must be ${formatShape(wanted)}`);
}

function checkRank(op: string, { name, shape }: Named, last: string): void {
  if (shape.length >= 4 && shape.length <= 6) return;
  const wanted = `it must be [B, N, *X, ${last}] with 1 to 3 token axes *X, so of rank 4 to 6`;
  throw new ShapeError(`${name} ${formatShape(shape)} has rank ${shape.length}; ${wanted}`, { op, [name]: shape });
}

/** Batch and tokens are equal, and the heads of `other` divide the owner's. */
function checkTokens(op: string, owner: Named, other: Named): void {
  const same = (shape: Shape): Shape => [shape[0]!, ...shape.slice(2, -1)];
  if (owner.shape.length !== other.shape.length || !sameShape(same(owner.shape), same(other.shape)))
    refuse(op, other, owner, 'batch and token axes must be equal');
  const [heads, shared] = [owner.shape[1]!, other.shape[1]!];
  if (shared === 0 || heads % shared !== 0)
    refuse(op, other, owner, `${shared} heads must divide the ${heads} of ${owner.name}`);
}

function checkSizes(op: string, { name, shape }: Named): void {
  if (shape[1]! > 0 && shape.at(-1)! > 0) return;
  throw new ShapeError(`${name} ${formatShape(shape)} has no heads or head dim 0; both must be >= 1`, {
    op,
    [name]: shape,
  });
}

function checkSlots(op: string, attn: Shape, problem: NaProblem, additional = 0): Axis[] {
  const axes = resolveProblem(op, attn, problem, attn.slice(2, -1), 'attn');
  const slots = slotsOf(axes) + additional;
  if (attn.at(-1) === slots) return axes;
  const sizes = axes.map(({ kernelSize }) => kernelSize).join(' x ');
  const made =
    additional > 0 ? `kernelSize ${sizes} and ${additional} additional values make` : `kernelSize ${sizes} makes`;
  throw new ShapeError(`attn ${formatShape(attn)} has ${attn.at(-1)} slots; ${made} ${slots}`, { op, attn, slots });
}

function refuse(op: string, { name, shape }: Named, than: Named, advice: string): never {
  const text = `${name} ${formatShape(shape)} does not fit ${than.name} ${formatShape(than.shape)}; ${advice}`;
  throw new ShapeError(text, { op, [name]: shape, [than.name]: than.shape });
}
