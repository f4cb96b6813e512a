import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Reduction } from './reduction.ts';
import { defineOp } from '../../autograd/op.ts';
import { scope } from '../../tensor/scope.ts';
import { squaredErrorCpu } from './mse.cpu.ts';
import { checkReduction, checkSame } from './reduction.ts';
import { checkOptions } from '../../tensor/options.ts';

/** Mean or sum of (input − target)², without the differences in memory. */
export const squaredError: Op<['input', 'target'], { reduction?: 'mean' | 'sum' }> = defineOp({
  name: 'squaredError',
  inputs: ['input', 'target'],
  autocast: 'float32',
  attrs: { reduction: 'mean' },
  shape({ input, target }) {
    checkSame('mse', input, target);
    return [];
  },
  reference({ input, target }, { reduction }) {
    let sum = 0;
    for (let i = 0; i < input.data.length; i++) sum += (input.data[i]! - target.data[i]!) ** 2;
    return { shape: [], data: Float64Array.of(reduction === 'mean' ? sum / input.data.length : sum) };
  },
  kernels: { cpu: squaredErrorCpu },
  saves: ['input', 'target'],
  backward({ grads: [g], inputs: { input, target }, attrs: { reduction }, needs }) {
    const factor = g.mul(reduction === 'mean' ? 2 / input.size : 2);
    const d = input.sub(target).mul(factor);
    return { input: needs.input ? d : null, target: needs.target ? d.neg() : null };
  },
});

/**
 * (input − target)², averaged. Both have one shape (PyTorch also broadcasts, with a warning).
 *
 * @throws ShapeError when the shapes differ.
 */
export function mse(input: Tensor, target: Tensor, options?: { reduction?: Reduction }): Tensor {
  const { reduction = 'mean' } = checkOptions('mse', options, ['reduction']);
  checkReduction('mse', reduction);
  if (reduction !== 'none') return squaredError(input, target, { reduction });
  checkSame('mse', input.shape, target.shape);
  return scope(() => input.sub(target).square());
}
