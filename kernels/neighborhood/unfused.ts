import type { Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { problemDefaults } from './attributes.ts';
import { resolveProblem } from './problem.ts';
import { dotsReference, spreadReference, sumReference } from './referenceSlots.ts';
import { dotsErrors, dotsSamples, spreadErrors, spreadSamples, sumErrors, sumSamples } from './samplesSlots.ts';

export type SumAttrs = NaProblem;

export interface DotsAttrs extends NaProblem {
  /** What slots behind a causal query's last key hold. Default -Infinity. */
  masked?: number;
}

export interface SpreadAttrs extends NaProblem {
  /** Heads of the result; they divide those of attn. */
  headsKv: number;
}

export type DotsInputs = ['query', 'key'];
export type SumInputs = ['attn', 'value'];
export type SpreadInputs = ['attn', 'x'];

/**
 * attn[q, slot of k] = q · k for the keys k that query q sees, unscaled. query [B, N, *X, D], key [B, Nkv, *X, D] → [B, N, *X, ΠK];
 * query head h uses key head ⌊h / (N / Nkv)⌋. A key's slot is ((a₀ · K₁) + a₁) · K₂ + a₂, a its position behind the window's
 * start; the slots that a causal query does not see hold `masked`.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source NATTEN 0.17.5 `na{1,2,3}d_qk`
 */
export const neighborhoodDots: Op<DotsInputs, DotsAttrs> = defineOp({
  name: 'neighborhoodDots',
  inputs: ['query', 'key'],
  attrs: { ...problemDefaults, masked: -Infinity },
  shape({ query, key }, attrs) {
    return query.with(-1, slotsOf(checkDots('neighborhoodDots', query, key, attrs)));
  },
  reference: (inputs, attrs) => dotsReference(inputs, attrs),
  saves: ['query', 'key'],
  backward({ grads: [g], inputs: { query, key }, attrs: { masked: _, ...problem }, needs }) {
    return {
      query: needs.query ? neighborhoodSum(g, key, problem) : null,
      key: needs.key ? neighborhoodSpread(g, query, { ...problem, headsKv: key.shape[1]! }) : null,
    };
  },
  samples: dotsSamples,
  errors: dotsErrors,
});

/**
 * y_q = Σ over the keys k that query q sees of attn[q, slot of k] · v_k. attn [B, N, *X, ΠK], value [B, Nkv, *X, Dv] →
 * [B, N, *X, Dv]. Slots that a causal query does not see are skipped, whatever they hold.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source NATTEN 0.17.5 `na{1,2,3}d_av`
 */
export const neighborhoodSum: Op<SumInputs, SumAttrs> = defineOp({
  name: 'neighborhoodSum',
  inputs: ['attn', 'value'],
  attrs: problemDefaults,
  shape({ attn, value }, attrs) {
    checkSum('neighborhoodSum', attn, value, attrs);
    return attn.with(-1, value.at(-1)!);
  },
  reference: (inputs, attrs) => sumReference(inputs, attrs),
  saves: ['attn', 'value'],
  backward({ grads: [g], inputs: { attn, value }, attrs, needs }) {
    return {
      attn: needs.attn ? neighborhoodDots(g, value, { ...attrs, masked: 0 }) : null,
      value: needs.value ? neighborhoodSpread(attn, g, { ...attrs, headsKv: value.shape[1]! }) : null,
    };
  },
  samples: sumSamples,
  errors: sumErrors,
});

/**
 * y_k = Σ over the queries q that see key k, and their heads, of attn[q, slot of k] · x_q: the transpose of `neighborhoodSum`.
 * attn [B, N, *X, ΠK], x [B, N, *X, D] → [B, headsKv, *X, D]. Slots that a causal query does not see are skipped.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 */
export const neighborhoodSpread: Op<SpreadInputs, SpreadAttrs> = defineOp({
  name: 'neighborhoodSpread',
  inputs: ['attn', 'x'],
  attrs: problemDefaults,
  shape({ attn, x }, attrs) {
    checkSpread('neighborhoodSpread', attn, x, attrs);
    return x.with(1, attrs.headsKv);
  },
  reference: (inputs, attrs) => spreadReference(inputs, attrs),
  saves: ['attn', 'x'],
  backward({ grads: [g], inputs: { attn, x }, attrs: { headsKv: _, ...problem }, needs }) {
    return {
      attn: needs.attn ? neighborhoodDots(x, g, { ...problem, masked: 0 }) : null,
      x: needs.x ? neighborhoodSum(attn, g, problem) : null,
    };
  },
  samples: spreadSamples,
  errors: spreadErrors,
});

/** Slots per query. */
export function slotsOf(axes: readonly Pick<Axis, 'kernelSize'>[]): number {
  return axes.reduce((n, { kernelSize }) => n * kernelSize, 1);
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

/** The axes of the problem, once attn and value are found to be [B, N, *X, ΠK] and [B, Nkv, *X, Dv]. */
export function checkSum(op: string, attn: Shape, value: Shape, problem: NaProblem): Axis[] {
  const [owner, other] = [
    { name: 'attn', shape: attn },
    { name: 'value', shape: value },
  ];
  checkRank(op, owner, 'ΠK');
  checkTokens(op, owner, other);
  checkSizes(op, other);
  return checkSlots(op, attn, problem);
}

function checkSpread(op: string, attn: Shape, x: Shape, { headsKv, ...problem }: SpreadAttrs): void {
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

interface Named {
  readonly name: string;
  readonly shape: Shape;
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

function checkSlots(op: string, attn: Shape, problem: NaProblem): Axis[] {
  const axes = resolveProblem(op, attn, problem, attn.slice(2, -1));
  const slots = slotsOf(axes);
  if (attn.at(-1) === slots) return axes;
  const sizes = axes.map(({ kernelSize }) => kernelSize).join(' x ');
  throw new ShapeError(`attn ${formatShape(attn)} has ${attn.at(-1)} slots; kernelSize ${sizes} makes ${slots}`, {
    op,
    attn,
    slots,
  });
}

function refuse(op: string, { name, shape }: Named, than: Named, advice: string): never {
  const text = `${name} ${formatShape(shape)} does not fit ${than.name} ${formatShape(than.shape)}; ${advice}`;
  throw new ShapeError(text, { op, [name]: shape, [than.name]: than.shape });
}
