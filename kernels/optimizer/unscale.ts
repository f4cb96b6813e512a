import type { NoAttrs, Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { unscaleCpu } from './scaling.cpu.ts';

export type UnscaleInputs = ['grad', 'overflow:wide', 'scale:wide'];

/** The two numbers of a scale and of an overflow. */
export function checkPairs(op: string, shapes: Record<string, Shape | undefined>): void {
  for (const name in shapes) {
    const shape = shapes[name];
    if (!shape || (shape.length === 1 && shape[0] === 2)) continue;
    throw new ShapeError(`${name} has shape ${formatShape(shape)}; it must be [2]`, { op, [name]: shape });
  }
}

/**
 * Divides a gradient by the factor that the loss was multiplied by, in place, and notes whether one of its elements is ∞ or NaN:
 * grad /= scale[0]; overflow[0] = 1 if grad is not finite. scale [2] (`updateScale` says of what), overflow [2]: found in this
 * step, steps skipped before.
 *
 * @throws ShapeError unless scale and overflow are [2]
 * @source PyTorch: `torch._amp_foreach_non_finite_check_and_unscale_`
 */
export const unscale: Op<UnscaleInputs, NoAttrs, []> = defineOp({
  name: 'unscale',
  inputs: ['grad', 'overflow:wide', 'scale:wide'],
  outputs: [],
  mutates: ['grad', 'overflow'],
  shape({ overflow, scale }) {
    checkPairs('unscale', { overflow, scale });
  },
  reference({ grad, overflow, scale }) {
    const data = Float64Array.from(grad.data, (value) => value / scale.data[0]!);
    const found = data.every(Number.isFinite) ? overflow.data[0]! : 1;
    return [
      { shape: grad.shape, data },
      { shape: [2], data: Float64Array.of(found, overflow.data[1]!) },
    ];
  },
  kernels: { cpu: unscaleCpu },
});
