import type { Kernel } from '../../autograd/types.ts';
import type { Fold } from './fold.webgpu.ts';
import type { NormAttrs } from './norm.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { functions } from '../elementwise/functions.webgpu.ts';
import { launchFold } from './fold.webgpu.ts';
import { orderOf } from './order.webgpu.ts';
import { fillAll, passesOf } from './passes.ts';
import { isNonzero } from './truth.webgpu.ts';

const sums = { name: 'norm', state: 'f32', neutral: '0.0', merge: 'return a + b;' } as const;

function foldOf(p: number): Fold {
  if (p === 2) return { ...sums, name: 'norm 2', element: 'x * x', results: ['sqrt(s)'] };
  if (p === 1) return { ...sums, name: 'norm 1', element: 'abs(x)', results: ['s'] };
  if (p === 0) return { ...sums, name: 'norm 0', element: `select(0.0, 1.0, ${isNonzero('float32')})`, results: ['s'] };
  if (Number.isFinite(p)) {
    return {
      ...sums,
      element: 'pow_(abs(x), params.power)',
      results: ['pow_(s, 1.0 / params.power)'],
      declarations: functions('pow_'),
      params: [['power', 'f32']],
    };
  }
  const extreme = p > 0 ? 'max' : 'min';
  return {
    name: `norm ${extreme}`,
    state: 'i32',
    neutral: 'i32(-2147483647 - 1)',
    element: 'order(abs(x))',
    merge: 'return max(a, b);',
    results: ['value(s)'],
    declarations: orderOf('float32', extreme),
  };
}

export const normWebgpu: Kernel<['x'], NormAttrs> = ({ x }, { p, axis }, [y]) => {
  if (x.size === 0) return fillAll(y!, 0);
  const passes = passesOf(x.shape, normalizeAxes('norm', axis, x.shape));
  const fold = foldOf(p);
  launchFold(fold, { streams: { x }, words: fold.params ? [p] : [] }, passes, [y!]);
};
