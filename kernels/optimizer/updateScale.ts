import type { Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { updateScaleCpu } from './scaling.cpu.ts';
import { checkPairs } from './unscale.ts';

export interface UpdateScaleAttrs {
  /** Default 2. */
  growthFactor?: number;
  /** Default 0.5. */
  backoffFactor?: number;
  /** Default 2000. */
  growthInterval?: number;
}

/** What follows: the scale, the steps since it was changed, and the steps that were skipped. */
function following(
  [scale, streak]: ArrayLike<number> & Iterable<number>,
  [found, skipped]: ArrayLike<number> & Iterable<number>,
  { growthFactor, backoffFactor, growthInterval }: Required<UpdateScaleAttrs>,
): { scale: [number, number]; overflow: [number, number] } {
  if (found) return { scale: [scale! * backoffFactor, 0], overflow: [0, skipped! + 1] };
  const isDue = streak! + 1 >= growthInterval;
  // Beyond float32 it does not grow, on any device.
  const grown = isDue && Number.isFinite(Math.fround(scale! * growthFactor)) ? scale! * growthFactor : scale!;
  return { scale: [grown, isDue ? 0 : streak! + 1], overflow: [0, skipped!] };
}

/**
 * After a step, in place: where overflow[0] is not 0 the scale falls by `backoffFactor` and one more step was skipped; after
 * `growthInterval` steps without, it grows by `growthFactor`. scale [2]: the factor of the loss, steps since it was changed;
 * overflow [2]: found in this step (0 afterwards), steps skipped.
 *
 * @throws ShapeError unless both are [2], ArgumentError when growthInterval is no integer >= 1 or a factor is out of range
 * @source PyTorch: `torch._amp_update_scale_`
 */
export const updateScale: Op<['scale', 'overflow'], UpdateScaleAttrs, []> = defineOp({
  name: 'updateScale',
  inputs: ['scale', 'overflow'],
  outputs: [],
  mutates: ['scale', 'overflow'],
  attrs: { growthFactor: 2, backoffFactor: 0.5, growthInterval: 2000 },
  shape(shapes, { growthFactor, backoffFactor, growthInterval }) {
    const op = 'updateScale';
    checkPairs(op, shapes);
    checkNonNegative(op, { growthFactor, backoffFactor });
    if (Number.isInteger(growthInterval) && growthInterval >= 1) return;
    throw new ArgumentError(`growthInterval must be an integer >= 1, got ${growthInterval}`, { op, growthInterval });
  },
  reference({ scale, overflow }, attrs) {
    const next = following(scale.data as Float64Array, overflow.data as Float64Array, attrs);
    return [next.scale, next.overflow].map((values) => ({ shape: [2], data: Float64Array.from(values) }));
  },
  kernels: { cpu: updateScaleCpu },
});
