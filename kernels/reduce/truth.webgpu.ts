// Folds in WGSL beside those of reductions.webgpu.ts: products, and whether any or all elements are not 0.

import type { Dtype } from '../../tensor/dtype.ts';
import type { Kernel } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { launchFold } from './fold.webgpu.ts';
import { fillAll, passesOf } from './passes.ts';

export const prodWebgpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, [y]) => {
  if (x.size === 0) return fillAll(y!, 1);
  const isInt = x.dtype === 'int32';
  const fold = {
    name: 'prod',
    state: isInt ? 'i32' : 'f32',
    neutral: isInt ? '1' : '1.0',
    element: 'x',
    merge: 'return a * b;',
    results: ['s'],
  } as const;
  launchFold(fold, { streams: { x } }, passesOf(x.shape, normalizeAxes('prod', axis, x.shape)), [y!]);
};

/** WGSL of "x is not 0", by its bits where compilers may take it that there is no NaN. */
export function isNonzero(dtype: Dtype): string {
  return dtype === 'int32' || dtype === 'bool' ? 'x != 0' : '(bitcast<u32>(x) & 0x7fffffffu) != 0u';
}

export function truthWebgpu(name: 'any' | 'all'): Kernel<['x:any'], ReduceAttrs> {
  const isAny = name === 'any';
  return ({ x }, { axis }, [y]) => {
    if (x.size === 0) return fillAll(y!, isAny ? 0 : 1);
    const fold = {
      name,
      state: 'i32',
      neutral: isAny ? '0' : '1',
      element: `select(0, 1, ${isNonzero(x.dtype)})`,
      merge: isAny ? 'return a | b;' : 'return a & b;',
      results: ['s'],
    } as const;
    launchFold(fold, { streams: { x } }, passesOf(x.shape, normalizeAxes(name, axis, x.shape)), [y!]);
  };
}
