import type { Kernel, Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { reduce } from '../runtime/reference/loops.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { reducedSize, reduceShape, withKeptDims } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { fillAll, passesOf } from './passes.ts';

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const sumCpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, outputs) => {
  const y = outputs[0]!;
  if (x.size === 0) return fillAll(y, 0);
  fold('sum', x, passesOf(x.shape, normalizeAxes('sum', axis, x.shape)), pointer(y));
};

/** The sum over one axis, several, or all; 0 over nothing. bool and uint8 are counted in int32, which wraps around. */
export const sum: Op<['x'], ReduceAttrs> = defineOp({
  name: 'sum',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: undefined, keepDims: false },
  dtypes: 'numeric',
  shape: ({ x }, attrs) => reduceShape('sum', x, attrs),
  reference: ({ x }, { axis, keepDims }) => reduce(x, normalizeAxes('sum', axis, x.shape), keepDims, total),
  kernels: { cpu: sumCpu },
  backward: ({ grads: [g], attrs: { axis }, shapes: { x } }) => ({
    x: withKeptDims(g, x, axis).expand(x),
  }),
});

const meanCpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, outputs) => {
  const y = outputs[0]!;
  if (x.size === 0) return fillAll(y, NaN);
  const axes = normalizeAxes('mean', axis, x.shape);
  fold('sum', x, passesOf(x.shape, axes), pointer(y), { divisor: reducedSize(x.shape, axes) });
};

/** The mean over one axis, several, or all; NaN over nothing. */
export const mean: Op<['x'], ReduceAttrs> = defineOp({
  name: 'mean',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: undefined, keepDims: false },
  shape: ({ x }, attrs) => reduceShape('mean', x, attrs),
  reference: ({ x }, { axis, keepDims }) =>
    reduce(x, normalizeAxes('mean', axis, x.shape), keepDims, (values) => total(values) / values.length),
  kernels: { cpu: meanCpu },
  backward({ grads: [g], attrs: { axis }, shapes: { x } }) {
    const count = reducedSize(x, normalizeAxes('mean', axis, x));
    return { x: withKeptDims(g.div(count), x, axis).expand(x) };
  },
});
