import type { Tensor } from '../../tensor/tensor.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { normalizeAxis } from '../../tensor/shape.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { concat } from './concat.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';

/**
 * x moved by `shifts` places along `axis`; what leaves at the end comes in at the start. One shift for each axis named; without an
 * axis x is rolled as if flattened. One copy per axis.
 *
 * @throws ArgumentError unless there is an integer shift for each axis, ShapeError for an axis that x does not have
 * @example
 * roll(tensor([1, 2, 3, 4]), 1); // [4, 1, 2, 3]
 * roll(tensor([[1, 2], [3, 4]]), [1, -1], [0, 1]); // [[4, 3], [2, 1]]
 */
export function roll(x: Tensor, shifts: number | readonly number[], axis?: number | readonly number[]): Tensor {
  const op = 'roll';
  checkTensor(op, 'x', x);
  const all = [shifts].flat();
  const axes = axis === undefined ? undefined : [axis].flat();
  const wanted = axes?.length ?? 1;
  if (all.length !== wanted || !all.every(Number.isInteger)) {
    const got = `shifts ${JSON.stringify(shifts)} for ${wanted === 1 ? 'one axis' : `${wanted} axes`}`;
    throw new ArgumentError(`${got}; give an integer for each`, { op, shifts, axis });
  }
  return scope(() => {
    if (!axes) return reshape(rollAlong(reshape(x, [-1]), all[0]!, 0), x.shape);
    return axes.reduce((part, at, i) => rollAlong(part, all[i]!, normalizeAxis(op, at, x.shape)), x.alias());
  });
}

function rollAlong(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axis]!;
  const cut = n === 0 ? 0 : ((-shift % n) + n) % n;
  if (cut === 0) return x;
  return concat([slice(x, { axis, start: cut }), slice(x, { axis, end: cut })], { axis });
}
