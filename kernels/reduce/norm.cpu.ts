// The powers in one pass, their sum in a second.

import type { Kernel } from '../../autograd/types.ts';
import type { NormAttrs } from './norm.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { tensor } from '../../tensor/create.ts';
import { scope } from '../../tensor/scope.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { launchElementwise } from '../elementwise/elementwise.cpu.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { fold } from './fold.cpu.ts';
import { fillAll, passesOf } from './passes.ts';

export const normCpu: Kernel<['x'], NormAttrs> = ({ x }, { p, axis }, [y]) => {
  if (x.size === 0) return fillAll(y!, 0);
  const passes = passesOf(x.shape, normalizeAxes('norm', axis, x.shape));
  scope(() => {
    const kernel = p === Infinity ? 'max' : p === -Infinity ? 'min' : 'sum';
    fold(kernel, termsOf(x.detach(), p), passes, pointer(y!));
    if (p === 2) launchElementwise('sqrtFloat', [y!], y!, 0.3);
    else if (p !== 0 && p !== 1 && Number.isFinite(p))
      launchElementwise('powFloat', [y!, tensor(1 / p, { device: x.device })], y!, 15);
  });
};

function termsOf(x: Tensor, p: number): Tensor {
  if (p === 2) return x.square();
  if (p === 0) return x.ne(0).cast(x.dtype);
  return p === 1 || !Number.isFinite(p) ? x.abs() : x.abs().pow(p);
}
