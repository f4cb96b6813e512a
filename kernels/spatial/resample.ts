import type { Op } from '../../autograd/types.ts';
import type { Band } from './band.ts';
import { defineOp } from '../../autograd/op.ts';
import { ShapeError } from '../../tensor/errors.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { transposeBand } from './band.ts';
import { resampleCpu } from './resample.cpu.ts';

export interface ResampleAttrs {
  axis: number;
  /** What each element of the result is a sum of. Row by row, the first columns must not fall. */
  band: Band;
}

/**
 * Weighted sums of neighbours along one axis: y[..., i, ...] = Σ_t weights[i][t] · x[..., starts[i] + t, ...].
 * x [..., length, ...] → [..., rows of the band, ...].
 *
 * @throws ShapeError when the band is not for an axis of this length, or reaches beyond it
 * @example
 * const means = { length: 3, starts: [0, 1], weights: [[0.5, 0.5], [0.5, 0.5]] };
 * await resample(tensor([1, 3, 7]), { axis: 0, band: means }).array(); // [2, 5]
 */
export const resample: Op<['x'], ResampleAttrs> = defineOp({
  name: 'resample',
  inputs: ['x'],
  required: ['axis', 'band'],
  shape({ x }, { axis, band: { length, starts, weights } }) {
    const op = 'resample';
    const at = normalizeAxis(op, axis, x);
    if (x[at] !== length) {
      throw new ShapeError(`the band is for ${length} elements; axis ${at} of ${formatShape(x)} has ${x[at]}`, {
        op,
        x,
        length,
      });
    }
    const wrong = starts.findIndex((start, i) => {
      return start < (starts[i - 1] ?? 0) || start + (weights[i]?.length ?? Infinity) > length;
    });
    if (wrong >= 0 || starts.length !== weights.length) {
      const row = wrong < 0 ? starts.length : wrong;
      throw new ShapeError(`row ${row} of the band is missing, falls back or reaches beyond ${length}`, { op, row });
    }
    return x.with(at, starts.length);
  },
  reference({ x }, { axis, band: { starts, weights } }) {
    const at = axis < 0 ? axis + x.shape.length : axis;
    return build(x.shape.with(at, starts.length), (index) => {
      const i = index[at]!;
      const value = (t: number): number => x.data[positionOf(index.with(at, starts[i]! + t), x.shape)]!;
      return weights[i]!.reduce((sum, weight, t) => sum + weight * value(t), 0);
    });
  },
  kernels: { cpu: resampleCpu },
  backward: ({ grads: [g], attrs: { axis, band } }) => ({ x: resample(g, { axis, band: transposeBand(band) }) }),
});
