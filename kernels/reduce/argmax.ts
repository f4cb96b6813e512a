import type { Kernel, Op } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { launch, pointer, temporary } from '../runtime/cpu/launch.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { reduceShape } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { passesOf } from './passes.ts';

export interface ArgAttrs {
  /** Default: x is flattened. */
  axis?: number | undefined;
  /** Keep the reduced axis as size 1. */
  keepDims?: boolean;
}

function argCpu(extreme: 'max' | 'min'): Kernel<['x'], ArgAttrs> {
  return ({ x }, { axis }, outputs) => {
    const y = outputs[0]!;
    const passes = passesOf(x.shape, normalizeAxes(`arg${extreme}`, axis, x.shape));
    const { outer, n, inner } = passes[0]!;
    const type = x.dtype === 'int32' ? 'Int' : 'Float';
    temporary(4 * y.size, (extremes) => {
      fold(extreme, x, passes, extremes);
      const args = [pointer(x), extremes, pointer(y), n];
      if (inner === 1) return launch(`place${type}Rows`, args, outer, { work: n / 4 });
      const parts = Math.ceil(inner / 4096);
      launch(`place${type}Columns`, [...args, inner], outer * parts, { work: (n * inner) / parts / 4 });
    });
  };
}

function arg(extreme: 'max' | 'min', isBetter: (a: number, b: number) => boolean): Op<['x'], ArgAttrs> {
  const name = `arg${extreme}`;
  const first = (values: readonly number[]): number => {
    const nan = values.findIndex(Number.isNaN);
    return nan >= 0 ? nan : values.reduce((best, value, i) => (isBetter(value, values[best]!) ? i : best), 0);
  };
  return defineOp<['x'], ArgAttrs>({
    name,
    inputs: ['x'],
    attrs: { axis: undefined, keepDims: false },
    dtypes: 'numeric',
    dtype: () => 'int32',
    shape: ({ x }, attrs) => reduceShape(name, x, attrs, true),
    reference: ({ x }, { axis, keepDims }) => reduce(x, normalizeAxes(name, axis, x.shape), keepDims, first),
    kernels: { cpu: argCpu(extreme) },
  });
}

/**
 * Where the largest element stands along `axis`, or in x flattened: the first of equals, the first NaN if there is one.
 * int32; no gradient flows.
 *
 * @throws ShapeError over nothing
 */
export const argmax: Op<['x'], ArgAttrs> = arg('max', (a, b) => a > b);

/** Where the smallest element stands: as `argmax`. */
export const argmin: Op<['x'], ArgAttrs> = arg('min', (a, b) => a < b);
