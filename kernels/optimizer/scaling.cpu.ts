// Loss scaling on the host: a flag and four numbers, and one walk over each gradient.

import type { Kernel } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { UnscaleInputs } from './unscale.ts';
import type { UpdateScaleAttrs } from './updateScale.ts';
import { elements } from '../runtime/cpu/elements.ts';

/** The number of the step among those taken, 1 at least: what joins late has skipped none itself. Null where `overflow` says that it is none. */
export function takenStep(step: number, overflow: Tensor | undefined): number | null {
  if (!overflow) return step;
  const [found, skipped] = elements(overflow);
  return found ? null : Math.max(1, step - skipped!);
}

export const unscaleCpu: Kernel<UnscaleInputs> = ({ grad, overflow, scale }) => {
  const values = elements(grad);
  const factor = 1 / elements(scale)[0]!;
  let found = false;
  for (let i = 0; i < values.length; i++) {
    values[i]! *= factor;
    if (!Number.isFinite(values[i])) found = true;
  }
  if (found) elements(overflow)[0] = 1;
};

export const updateScaleCpu: Kernel<['scale', 'overflow'], UpdateScaleAttrs> = (
  inputs,
  { growthFactor, backoffFactor, growthInterval },
) => {
  const [scale, overflow] = [elements(inputs.scale), elements(inputs.overflow)];
  if (overflow[0]) {
    scale[0]! *= backoffFactor;
    scale[1] = 0;
    overflow[1]!++;
  } else if (++scale[1]! >= growthInterval) {
    const before = scale[0]!;
    scale[0]! *= growthFactor;
    if (!Number.isFinite(scale[0])) scale[0] = before;
    scale[1] = 0;
  }
  overflow[0] = 0;
};
