import type { Kernel } from '../../autograd/types.ts';
import type { Fold } from '../reduce/fold.webgpu.ts';
import { launchFold } from '../reduce/fold.webgpu.ts';
import { fillAll } from '../reduce/passes.ts';

const squaredDifferences: Fold = {
  name: 'squaredError',
  state: 'f32',
  neutral: '0.0',
  element: '(x - y) * (x - y)',
  merge: 'return a + b;',
  results: ['s / params.divisor'],
  params: [['divisor', 'f32']],
};

export const squaredErrorWebgpu: Kernel<['input', 'target'], { reduction?: 'mean' | 'sum' }> = (
  { input, target },
  { reduction },
  [loss],
) => {
  const n = input.size;
  if (n === 0) return fillAll(loss!, reduction === 'mean' ? NaN : 0);
  const inputs = { streams: { x: input, y: target }, words: [reduction === 'mean' ? n : 1] };
  launchFold(squaredDifferences, inputs, [{ outer: 1, n, inner: 1 }], [loss!]);
};
