import type { Tensor } from '../../index.ts';
import { div, maximum, minimum, noGrad, scope, tensor } from '../../index.ts';
import { checkNonNegative } from '../../tensor/range.ts';
import { checkIterable } from './optimizer.ts';

/**
 * Scales all gradients by one factor, so that their norm (the root of the sum of all squares) is at most `maxNorm`.
 *
 * @returns the norm before, a scalar that was not read: nothing waits for the device
 * @throws ArgumentError unless maxNorm is a number >= 0
 * @source PyTorch: `torch.nn.utils.clip_grad_norm_`
 * @example
 * const w = tensor([3, 4], { requiresGrad: true });
 * w.square().sum().backward();
 * nn.optim.clipGradNorm([w], 1); // 10
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  checkNonNegative('clipGradNorm', { maxNorm });
  checkIterable('clipGradNorm', parameters);
  const trained = [...parameters].filter((parameter) => parameter.grad);
  return scope(() =>
    noGrad(() => {
      if (trained.length === 0) return tensor(0);
      const norm = trained
        .map(({ grad }) => grad!.square().sum())
        .reduce((sum, square) => sum.add(square))
        .sqrt();
      const factor = minimum(div(maxNorm, norm.add(1e-6)), 1);
      for (const parameter of trained) parameter.grad = parameter.grad!.mul(factor);
      return norm;
    }),
  );
}

/**
 * Brings every element of all gradients into −clipValue … clipValue.
 *
 * @throws ArgumentError unless clipValue is a number >= 0
 * @source PyTorch: `torch.nn.utils.clip_grad_value_`
 * @example
 * const w = tensor([3, -4], { requiresGrad: true });
 * w.square().sum().backward();
 * nn.optim.clipGradValue([w], 7);
 * w.grad; // [6, -7]
 */
export function clipGradValue(parameters: Iterable<Tensor>, clipValue: number): void {
  checkNonNegative('clipGradValue', { clipValue });
  checkIterable('clipGradValue', parameters);
  scope(() =>
    noGrad(() => {
      for (const parameter of parameters) {
        if (parameter.grad) parameter.grad = minimum(maximum(parameter.grad, -clipValue), clipValue);
      }
    }),
  );
}
