import type { Defaults, NoAttrs, Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { mapBroadcast } from '../runtime/reference/loops.ts';
import { launchElementwise } from './elementwise.cpu.ts';
import { numbersOf } from './numbers.ts';

/** g · f′ in one pass; `saved` is f's input or its output. */
export type ActivationBackward<A extends object = NoAttrs> = Op<['g', 'saved'], A>;

interface Rules<A extends object> {
  name: string;
  /** The numbers that f takes, with their defaults, in the order in which the CPU kernel gets them. */
  numbers?: Required<A>;
  /** f′ on float64 values, from what f saves. */
  slope: (saved: number, numbers: Required<A>) => number;
  /** Whether the slope is 0 or 1, and g passes or does not: NaN and ∞ times 0 are 0 then. */
  isGate?: boolean;
  /** The derivative of `slope`; left out where it is 0. */
  curvature?: (saved: Tensor, numbers: Required<A>) => Tensor;
  /** Nanoseconds per element on the CPU; default that of memory. */
  cost?: number;
}

/** Declares the backward op of one activation f. */
export function activationBackward<A extends object = NoAttrs>(rules: Rules<A>): ActivationBackward<A> {
  const { name, numbers = {}, slope, isGate = false, curvature, cost = 0.3 } = rules;
  const names = Object.keys(numbers);
  const op: Op<['g', 'saved'], object> = defineOp<['g', 'saved'], A, ['output'], 'g' | 'saved'>({
    name,
    inputs: ['g', 'saved'],
    attrs: numbers as Defaults<A>,
    shape({ g, saved }) {
      if (sameShape(g, saved)) return g;
      const shapes = `${formatShape(g)} and ${formatShape(saved)}`;
      throw new ShapeError(`g and saved must have the same shape, got ${shapes}`, { op: name, g, saved });
    },
    reference: ({ g, saved }, attrs) =>
      mapBroadcast(g.shape, [g, saved], (a, b) => {
        const factor = slope(b, attrs);
        return isGate && factor === 0 ? 0 : a * factor;
      }),
    kernels: {
      cpu: acceptsStrides(({ g, saved }, attrs, [out]) =>
        launchElementwise(`${name}Float`, [g, saved], out!, cost, numbersOf(g, attrs, names)),
      ),
    },
    saves: curvature ? ['g', 'saved'] : ['saved'],
    backward: ({ grads: [h], inputs: { g, saved }, attrs, needs }) => ({
      g: needs.g ? op(h, saved, attrs) : null,
      saved: needs.saved && curvature ? h.mul(g).mul(curvature(saved, attrs)) : null,
    }),
  }) as unknown as Op<['g', 'saved'], object>;
  return op;
}
