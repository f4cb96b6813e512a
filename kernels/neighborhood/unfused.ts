import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { NaProblem } from './problem.ts';
import type { Axis } from './window.ts';
import { defineOp } from '../../autograd/op.ts';
import { checkOptions } from '../../tensor/options.ts';
import { scope } from '../../tensor/scope.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { concat } from '../layout/concat.ts';
import { checkAlike } from './alike.ts';
import { problemDefaults } from './attributes.ts';
import { biased } from './bias.ts';
import { checkBias } from './problem.ts';
import { dotsReference, spreadReference, sumReference } from './reference/slots.ts';
import { checkAdditional, checkDots, checkSpread, checkSum, checkTokenAxes, slotsOf } from './slotChecks.ts';
import { dotsCpu, spreadCpu, sumCpu } from './cpu/unfused.cpu.ts';

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
 * attn[q, slot of k] = q · k for the keys k that query q sees, unscaled. query [B, N, *X, D], key [B, Nkv, *X, D] →
 * [B, N, *X, ΠK]; query head h uses key head ⌊h / (N / Nkv)⌋. A key's slot is ((a₀ · K₁) + a₁) · K₂ + a₂, a its
 * position behind the window's start; the slots that a causal query does not see hold `masked`.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source NATTEN 0.17.5 `na{1,2,3}d_qk`
 */
export const neighborhoodDots: Op<DotsInputs, DotsAttrs> = defineOp({
  name: 'neighborhoodDots',
  inputs: ['query', 'key'],
  flops: ({ query }, _attrs, [scores]) => 2 * sizeOf(scores!) * query.at(-1)!,
  autocast: 'float16',
  attrs: { ...problemDefaults, masked: -Infinity },
  required: ['kernelSize'],
  shape({ query, key }, attrs) {
    return query.with(-1, slotsOf(checkDots('neighborhoodDots', query, key, attrs)));
  },
  reference: (inputs, attrs) => dotsReference(inputs, attrs),
  kernels: { cpu: dotsCpu },
  saves: ['query', 'key'],
  backward({ grads: [g], inputs: { query, key }, attrs: { masked: _, ...problem }, needs }) {
    return {
      query: needs.query ? neighborhoodSum(g, key, problem) : null,
      key: needs.key ? neighborhoodSpread(g, query, { ...problem, headsKv: key.shape[1]! }) : null,
    };
  },
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
  flops: ({ attn, value }) => 2 * sizeOf(attn) * value.at(-1)!,
  autocast: 'float16',
  attrs: problemDefaults,
  required: ['kernelSize'],
  shape({ attn, value }, attrs) {
    checkSum('neighborhoodSum', attn, value, attrs);
    return attn.with(-1, value.at(-1)!);
  },
  reference: (inputs, attrs) => sumReference(inputs, attrs),
  kernels: { cpu: sumCpu },
  saves: ['attn', 'value'],
  backward({ grads: [g], inputs: { attn, value }, attrs, needs }) {
    return {
      attn: needs.attn ? neighborhoodDots(g, value, { ...attrs, masked: 0 }) : null,
      value: needs.value ? neighborhoodSpread(attn, g, { ...attrs, headsKv: value.shape[1]! }) : null,
    };
  },
});

/**
 * y_k = Σ over the queries q that see key k, and their heads, of attn[q, slot of k] · x_q: the transpose of
 * `neighborhoodSum`. attn [B, N, *X, ΠK], x [B, N, *X, D] → [B, headsKv, *X, D]. Slots that a causal query does not
 * see are skipped.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 */
export const neighborhoodSpread: Op<SpreadInputs, SpreadAttrs> = defineOp({
  name: 'neighborhoodSpread',
  inputs: ['attn', 'x'],
  flops: ({ attn, x }) => 2 * sizeOf(attn) * x.at(-1)!,
  attrs: problemDefaults,
  required: ['kernelSize', 'headsKv'],
  shape({ attn, x }, attrs) {
    checkSpread('neighborhoodSpread', attn, x, attrs);
    return x.with(1, attrs.headsKv);
  },
  reference: (inputs, attrs) => spreadReference(inputs, attrs),
  kernels: { cpu: spreadCpu },
  saves: ['attn', 'x'],
  backward({ grads: [g], inputs: { attn, x }, attrs: { headsKv: _, ...problem }, needs }) {
    return {
      attn: needs.attn ? neighborhoodDots(x, g, { ...problem, masked: 0 }) : null,
      x: needs.x ? neighborhoodSum(attn, g, problem) : null,
    };
  },
});

export interface QkOptions extends NaProblem {
  /** Added to the scores by the distance of key and query, [N, 2K − 1, ...]. */
  rpb?: Tensor;
  /** Keys that every query sees beside its neighbours, [B, Nkv, n, D]. */
  additionalKeys?: Tensor;
}

export interface AvOptions extends NaProblem {
  /** Values of the last n weights of each query, [B, Nkv, n, Dv]. */
  additionalValues?: Tensor;
}

/** query [B, N, *X, D], key [B, Nkv, *X, D] → scores [B, N, *X, ΠK + n]. */
export type NeighborhoodQk = (query: Tensor, key: Tensor, options: QkOptions) => Tensor;
/** attn [B, N, *X, ΠK + n], value [B, Nkv, *X, Dv] → output [B, N, *X, Dv]. */
export type NeighborhoodAv = (attn: Tensor, value: Tensor, options: AvOptions) => Tensor;

/**
 * The scores of each query with its neighbours, heads first and unscaled: query · key, plus rpb[h, (x_key − x_query)
 * + K − 1] where `rpb` is given. query [B, N, X, D], key [B, Nkv, X, D] → [B, N, X, K + n]; slots that a causal query
 * does not see hold −∞, and the last n are the products with `additionalKeys`. Differentiable as often as wanted.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source NATTEN 0.17.5 `na1d_qk`
 * @example
 * const q = randn([1, 2, 9, 4]);
 * const attn = na1dQk(q.mul(0.5), q, { kernelSize: 3 }).softmax();       // [1, 2, 9, 3]
 * na1dAv(attn, q, { kernelSize: 3 }).shape;                              // [1, 2, 9, 4]
 */
export const na1dQk: NeighborhoodQk = qkOf(1);

/** `na1dQk` over two token axes: query [B, N, X, Y, D] → [B, N, X, Y, ΠK + n]. @source NATTEN 0.17.5 `na2d_qk` */
export const na2dQk: NeighborhoodQk = qkOf(2);

/** `na1dQk` over three axes: query [B, N, X, Y, Z, D] → [B, N, X, Y, Z, ΠK + n]. @source NATTEN 0.17.5 `na3d_qk` */
export const na3dQk: NeighborhoodQk = qkOf(3);

/**
 * The neighbours' values times their weights: attn [B, N, X, K + n], value [B, Nkv, X, Dv] → [B, N, X, Dv]. Slots
 * that a causal query does not see are skipped whatever they hold, and get no gradient; the last n weights are those
 * of `additionalValues`. Differentiable as often as wanted.
 *
 * @throws ShapeError when shapes do not fit each other or the problem does not fit the token axes
 * @source NATTEN 0.17.5 `na1d_av`
 */
export const na1dAv: NeighborhoodAv = avOf(1);

/** `na1dAv` over two token axes: attn [B, N, X, Y, ΠK + n] → [B, N, X, Y, Dv]. @source NATTEN 0.17.5 `na2d_av` */
export const na2dAv: NeighborhoodAv = avOf(2);

/** `na1dAv` over three axes: attn [B, N, X, Y, Z, ΠK + n] → [B, N, X, Y, Z, Dv]. @source NATTEN 0.17.5 `na3d_av` */
export const na3dAv: NeighborhoodAv = avOf(3);

const problemNames = ['kernelSize', 'dilation', 'stride', 'isCausal'] as const;

function qkOf(tokenAxes: number): NeighborhoodQk {
  const op = `na${tokenAxes}dQk`;
  return (query, key, options) => {
    checkAlike(op, { query, key });
    const { rpb, additionalKeys, ...problem } = checkOptions(
      op,
      options,
      [...problemNames, 'rpb', 'additionalKeys'],
      ['kernelSize'],
    );
    checkAlike(op, { query, key, rpb, additionalKeys });
    checkTokenAxes(op, { name: 'query', shape: query.shape }, tokenAxes, 'D');
    const axes = checkDots(op, query.shape, key.shape, problem);
    if (rpb) checkBias(op, rpb.shape, query.shape[1]!, axes);
    if (additionalKeys) {
      checkAdditional(op, { name: 'additionalKeys', shape: additionalKeys.shape }, { name: 'key', shape: key.shape });
    }
    return scope(() => scoresOf(query, key, problem, axes, { rpb, additionalKeys }));
  };
}

function avOf(tokenAxes: number): NeighborhoodAv {
  const op = `na${tokenAxes}dAv`;
  return (attn, value, options) => {
    checkAlike(op, { attn, value });
    const { additionalValues, ...problem } = checkOptions(
      op,
      options,
      [...problemNames, 'additionalValues'],
      ['kernelSize'],
    );
    checkAlike(op, { attn, value, additionalValues });
    checkTokenAxes(op, { name: 'attn', shape: attn.shape }, tokenAxes, 'ΠK');
    if (additionalValues) {
      checkAdditional(
        op,
        { name: 'additionalValues', shape: additionalValues.shape },
        { name: 'value', shape: value.shape },
      );
    }
    checkSum(op, attn.shape, value.shape, problem, additionalValues?.shape[2]);
    return scope(() => sumOf(attn, value, problem, additionalValues));
  };
}

/** What `na1dQk` computes, without its checks. */
export function scoresOf(
  query: Tensor,
  key: Tensor,
  problem: NaProblem,
  axes: readonly Axis[],
  { rpb, additionalKeys }: { rpb?: Tensor | undefined; additionalKeys?: Tensor | undefined },
): Tensor {
  const near = rpb ? biasedDots(query, key, rpb, problem, axes) : neighborhoodDots(query, key, problem);
  if (!additionalKeys) return near;
  const far = byKeyHead(query, key.shape[1]!).matmul(additionalKeys.transpose());
  return concat([near, far.reshape(near.shape.with(-1, additionalKeys.shape[2]!))], { axis: -1 });
}

/** What `na1dAv` computes, without its checks. */
export function sumOf(attn: Tensor, value: Tensor, problem: NaProblem, additionalValues: Tensor | undefined): Tensor {
  if (!additionalValues) return neighborhoodSum(attn, value, problem);
  const slots = attn.shape.at(-1)! - additionalValues.shape[2]!;
  const near = neighborhoodSum(attn.slice({ axis: -1, end: slots }), value, problem);
  const far = byKeyHead(attn.slice({ axis: -1, start: slots }), value.shape[1]!).matmul(additionalValues);
  return near.add(far.reshape(near.shape));
}

function biasedDots(query: Tensor, key: Tensor, rpb: Tensor, problem: NaProblem, axes: readonly Axis[]): Tensor {
  const dots = neighborhoodDots(query, key, { ...problem, masked: 0 });
  const [batch, heads] = query.shape as [number, number];
  const [rows, columns] = [sizeOf(query.shape.slice(2, -1)), slotsOf(axes)];
  return biased(dots.reshape([batch, heads, rows, columns]), axes, 'slots', rpb).reshape(dots.shape);
}

/** x [B, N, *X, D] as [B, Nkv, (N / Nkv) · T, D]: the queries of one key head as rows of one matrix. */
function byKeyHead(x: Tensor, headsKv: number): Tensor {
  const [batch, heads] = x.shape as [number, number];
  return x.reshape([batch, headsKv, (heads / headsKv) * sizeOf(x.shape.slice(2, -1)), x.shape.at(-1)!]);
}
