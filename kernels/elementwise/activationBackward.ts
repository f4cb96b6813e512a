import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape } from '../../tensor/shape.ts';
import { mapBroadcast } from '../runtime/reference/loops.ts';
import { launchElementwise } from './elementwise.cpu.ts';
import { launchElementwise as launchWebgpu } from './elementwise.webgpu.ts';

/** g · f′ in one pass; `saved` is f's input or its output. */
export type ActivationBackward = Op<['g', 'saved']>;

interface Rules {
  name: string;
  /** f′ on float64 values, from what f saves. */
  slope: (saved: number) => number;
  /** WGSL of g · f′, g being `x` and what f saves `y`. */
  wgsl: string;
  /** The derivative of `slope`; left out where it is 0. */
  curvature?: (saved: Tensor) => Tensor;
  /** Nanoseconds per element on the CPU; default that of memory. */
  cost?: number;
}

/** Declares the backward op of one activation f. */
export function activationBackward({ name, slope, wgsl, curvature, cost = 0.3 }: Rules): ActivationBackward {
  const op: ActivationBackward = defineOp<['g', 'saved'], object, ['output'], 'g' | 'saved'>({
    name,
    inputs: ['g', 'saved'],
    attrs: {},
    shape({ g, saved }) {
      if (sameShape(g, saved)) return g;
      const shapes = `${formatShape(g)} and ${formatShape(saved)}`;
      throw new ShapeError(`g and saved must have the same shape, got ${shapes}`, { op: name, g, saved });
    },
    reference: ({ g, saved }) => mapBroadcast(g.shape, [g, saved], (a, b) => a * slope(b)),
    kernels: {
      cpu: acceptsStrides(({ g, saved }, _attrs, [out]) => launchElementwise(`${name}Float`, [g, saved], out!, cost)),
      webgpu: acceptsStrides(({ g, saved }, _attrs, [out]) => launchWebgpu({ name, value: wgsl }, [g, saved], out!)),
    },
    saves: curvature ? ['g', 'saved'] : ['saved'],
    backward: ({ grads: [h], inputs: { g, saved }, needs }) => ({
      g: needs.g ? op(h, saved) : null,
      saved: needs.saved && curvature ? h.mul(g).mul(curvature(saved)) : null,
    }),
    samples: [
      { g: [7], saved: [7] },
      { g: [2, 3, 67], saved: [2, 3, 67] },
      { g: [2, 0], saved: [2, 0] },
    ],
    errors: [{ g: [3], saved: [1], throws: 'must have the same shape' }],
  });
  return op;
}
