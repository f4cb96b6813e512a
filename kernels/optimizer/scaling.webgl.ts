// Loss scaling: a texture is written as a whole, so that a gradient is divided first and then looked through.

import type { Kernel } from '../../autograd/types.ts';
import type { UnscaleInputs } from './unscale.ts';
import type { UpdateScaleAttrs } from './updateScale.ts';
import { accumulate } from '../reduce/accumulate.webgl.ts';
import { withTemporary } from '../runtime/temporary.ts';
import { launch } from '../runtime/webgl/launch.ts';

export const unscaleWebgl: Kernel<UnscaleInputs> = ({ grad, overflow, scale }) => {
  if (grad.size === 0) return;
  const divided = (): string => 'float element(int i) { return grad(i) / scale(0); }';
  launch({ key: 'unscale', inputs: { grad, scale }, code: divided }, grad);
  withTemporary(overflow, 'float32', [1], (found) => {
    const term = 'float term = isnan(grad(k)) || isinf(grad(k)) ? 1.0 : 0.0;';
    accumulate({ key: 'unscale found', inputs: { grad }, count: grad.size, term, merge: 'max(a, b)' }, found);
    const code = (): string => 'float element(int i) { return i == 0 && found(0) != 0.0 ? 1.0 : overflow(i); }';
    launch({ key: 'unscale overflow', inputs: { overflow, found }, code }, overflow);
  });
};

export const updateScaleWebgl: Kernel<['scale', 'overflow'], UpdateScaleAttrs> = (
  { scale, overflow },
  { growthFactor, backoffFactor, growthInterval },
) => {
  const numbers = { growth: growthFactor, backoff: backoffFactor, interval: growthInterval };
  const code = (): string => `float element(int i) {
  float before = scale(0);
  bool isFound = overflow(0) != 0.0;
  bool isDue = scale(1) + 1.0 >= params.interval;
  if (i == 1) return isFound || isDue ? 0.0 : scale(1) + 1.0;
  if (isFound) return before * params.backoff;
  float grown = before * params.growth;
  return isDue && !isinf(grown) && !isnan(grown) ? grown : before;
}`;
  launch({ key: 'updateScale', inputs: { scale, overflow }, numbers, code }, scale);
  const skipped = (): string =>
    'float element(int i) { return i == 0 ? 0.0 : overflow(1) + (overflow(0) != 0.0 ? 1.0 : 0.0); }';
  launch({ key: 'updateScale overflow', inputs: { overflow }, code: skipped }, overflow);
};
