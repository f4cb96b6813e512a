import type { Tensor } from '../tensor/tensor.ts';
import { ArgumentError, GradError } from '../tensor/errors.ts';
import { kindOf } from '../tensor/options.ts';
import { formatShape } from '../tensor/shape.ts';
import { checkTensor } from '../tensor/tensor.ts';

/** What runs when `backward()` has added all of a leaf's gradient to its `.grad`. */
export type PostAccumulateGradHook = (leaf: Tensor) => void;

/**
 * Runs `hook` once in each `backward()` that reaches the leaf `x`: when the last of its gradient has been added to `.grad`, and
 * while the walk goes on to older ops. The hook may read and replace `.grad`; what it throws ends the walk. `grad()` runs none.
 *
 * @returns a function that removes it
 * @throws GradError when x requires no gradient or is not a leaf
 * @source PyTorch: `torch.Tensor.register_post_accumulate_grad_hook`
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * const remove = w.registerPostAccumulateGradHook((leaf) => (leaf.grad = leaf.grad.mul(10)));
 * w.mul(w).sum().backward();
 * remove();
 * w.grad; // [20, 40]
 */
export function registerPostAccumulateGradHook(x: Tensor, hook: PostAccumulateGradHook): () => void {
  const op = 'registerPostAccumulateGradHook';
  checkTensor(op, 'x', x);
  if (typeof hook !== 'function') throw new ArgumentError(`the hook is ${kindOf(hook)}; it must be a function`, { op });
  const { variable, shape } = x;
  if (!variable || variable.node) {
    const reason = variable ? 'is the result of an op' : 'requires no gradient';
    throw new GradError(`the tensor of shape ${formatShape(shape)} ${reason}; only leaves collect gradients`, { op });
  }
  const own = (): void => hook(x);
  (variable.hooks ??= new Set()).add(own);
  return () => {
    if (variable.hooks?.delete(own) && variable.hooks.size === 0) variable.hooks = null;
  };
}
