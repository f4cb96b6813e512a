import type { Dtype } from '../../tensor/dtype.ts';
import type { Kernel } from '../../autograd/types.ts';
import type { ArgAttrs } from './argmax.ts';
import type { ReduceAttrs } from './axes.ts';
import type { VarianceAttrs } from './variance.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Fold } from './fold.webgpu.ts';
import type { Pass } from './passes.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { functions } from '../elementwise/functions.webgpu.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { degrees, reducedSize } from './axes.ts';
import { launchFold } from './fold.webgpu.ts';
import { orderOf } from './order.webgpu.ts';
import { fillAll, inOnePass, passesOf } from './passes.ts';

const add = 'return a + b;';

/** Σ x. */
function sumOf(dtype: Dtype): Fold {
  const isInt = dtype === 'int32';
  return {
    name: 'sum',
    state: isInt ? 'i32' : 'f32',
    neutral: isInt ? '0' : '0.0',
    element: 'x',
    merge: add,
    results: ['s'],
  };
}

const mean: Fold = { ...sumOf('float32'), name: 'mean', results: ['s / params.divisor'], params: [['divisor', 'f32']] };

/** Σ (x − shift)² / divisor. */
const squares: Fold = {
  ...mean,
  name: 'variance',
  element: '(x - shift[params.shiftOffset + line]) * (x - shift[params.shiftOffset + line])',
};

export const sumWebgpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, [y]) => {
  sumPasses(x, passesOf(x.shape, normalizeAxes('sum', axis, x.shape)), y!);
};

/** y = the sums of x, packed, over the passes, one after another. */
export function sumPasses(x: Tensor, passes: readonly Pass[], y: Tensor): void {
  if (x.size === 0) return fillAll(y, 0);
  launchFold(sumOf(x.dtype), { streams: { x } }, passes, [y]);
}

export const meanWebgpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, [y]) => {
  if (x.size === 0) return fillAll(y!, NaN);
  const axes = normalizeAxes('mean', axis, x.shape);
  launchFold(mean, { streams: { x }, words: [reducedSize(x.shape, axes)] }, passesOf(x.shape, axes), [y!]);
};

/** Two passes: the mean, then the squared distances from it. */
export const varianceWebgpu: Kernel<['x'], VarianceAttrs> = ({ x }, { axis, correction }, [y]) => {
  if (x.size === 0) return fillAll(y!, NaN);
  const axes = normalizeAxes('variance', axis, x.shape);
  const divisor = degrees(x.shape, axes, correction);
  inOnePass(x, axes, (packed, pass) =>
    withTemporary(x, 'float32', y!.shape, (shift) => {
      launchFold(mean, { streams: { x: packed }, words: [pass.n] }, [pass], [shift]);
      launchFold(squares, { streams: { x: packed }, tables: { shift }, words: [divisor] }, [pass], [y!]);
    }),
  );
};

/** Σ eˣ as (m, Σ e^(x − m)), m the largest of x; where the largest are ±∞ they are equal, and are not subtracted. */
const logsumexp: Fold = {
  name: 'logsumexp',
  state: 'vec2f',
  neutral: 'vec2f(-3.4028234e38, 0.0)',
  element: 'vec2f(x, 1.0)',
  merge: `let e = select(exp_(-abs(a.x - b.x)), 1.0, a.x == b.x);
    return select(vec2f(b.x, b.y + a.y * e), vec2f(a.x, a.y + b.y * e), a.x >= b.x);`,
  results: ['s.x + log_(s.y)'],
  declarations: functions('exp_', 'log_'),
};

export const logsumexpWebgpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, [y]) => {
  if (x.size === 0) return fillAll(y!, -Infinity);
  launchFold(logsumexp, { streams: { x } }, passesOf(x.shape, normalizeAxes('logsumexp', axis, x.shape)), [y!]);
};

export function extremeWebgpu(extreme: 'max' | 'min'): Kernel<['x'], ReduceAttrs> {
  return ({ x }, { axis }, [y]) => {
    if (y!.size === 0) return;
    const fold: Fold = {
      name: extreme,
      state: 'i32',
      neutral: 'i32(-2147483647 - 1)',
      element: 'order(x)',
      merge: 'return max(a, b);',
      results: ['value(s)'],
      declarations: orderOf(x.dtype, extreme),
    };
    launchFold(fold, { streams: { x } }, passesOf(x.shape, normalizeAxes(extreme, axis, x.shape)), [y!]);
  };
}

/** Of equals the first; −0 and 0 are equal. */
export function argWebgpu(extreme: 'max' | 'min'): Kernel<['x'], ArgAttrs> {
  return ({ x }, { axis }, [y]) => {
    if (y!.size === 0) return;
    const value = x.dtype === 'int32' ? 'x' : 'select(x, 0.0, x == 0.0)';
    const fold: Fold = {
      name: `arg${extreme}`,
      state: 'vec2i',
      neutral: 'vec2i(-2147483647 - 1, 0x7fffffff)',
      element: `vec2i(order(${value}), i32(k))`,
      merge: 'return select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y));',
      results: ['s.y'],
      declarations: orderOf(x.dtype, extreme),
    };
    launchFold(fold, { streams: { x } }, passesOf(x.shape, normalizeAxes(`arg${extreme}`, axis, x.shape)), [y!]);
  };
}
