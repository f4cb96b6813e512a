import type { Kernel, Op } from '../../autograd/types.ts';
import type { ReduceAttrs } from './axes.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { normalizeAxes } from '../../tensor/shape.ts';
import { onesLike } from '../create/filled.ts';
import { concat } from '../layout/concat.ts';
import { pad } from '../layout/pad.ts';
import { pointer } from '../runtime/cpu/launch.ts';
import { isInt32, reduce } from '../runtime/reference/loops.ts';
import { reducedSize, reduceShape, withKeptDims } from './axes.ts';
import { fold } from './fold.cpu.ts';
import { fillAll, passesOf } from './passes.ts';

const prodCpu: Kernel<['x'], ReduceAttrs> = ({ x }, { axis }, outputs) => {
  const y = outputs[0]!;
  if (x.size === 0) return fillAll(y, 1);
  fold('prod', x, passesOf(x.shape, normalizeAxes('prod', axis, x.shape)), pointer(y));
};

/**
 * The product over one axis, several, or all; 1 over nothing. bool and uint8 are counted in int32, which wraps around. The gradient
 * is right where elements are 0, and so are its own gradients.
 *
 * @throws ShapeError for an axis that x does not have
 * @example
 * prod(tensor([[1, 2], [3, 4]]), { axis: 1 }); // [2, 12]
 */
export const prod: Op<['x'], ReduceAttrs> = defineOp({
  name: 'prod',
  inputs: ['x'],
  autocast: 'float32',
  attrs: { axis: undefined, keepDims: false },
  dtypes: 'numeric',
  shape: ({ x }, attrs) => reduceShape('prod', x, attrs),
  reference: ({ x }, { axis, keepDims }) =>
    reduce(x, normalizeAxes('prod', axis, x.shape), keepDims, (values) =>
      values.reduce(isInt32(x) ? (a, b) => Math.imul(a, b) : (a, b) => a * b, 1),
    ),
  kernels: { cpu: prodCpu },
  saves: ['x'],
  backward({ grads: [g], inputs: { x }, attrs: { axis } }) {
    const axes = normalizeAxes('prod', axis, x.shape);
    const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const order = [...kept, ...axes];
    const moved = x.permute(...order);
    const lines = moved.reshape([...kept.map((i) => x.shape[i]!), reducedSize(x.shape, axes)]);
    const back = order.map((_, i) => order.indexOf(i));
    const others = productOfOthers(lines)
      .reshape(moved.shape)
      .permute(...back);
    return { x: others.mul(withKeptDims(g, x.shape, axis)) };
  },
});

/**
 * For each element along the last axis the product of all others there: neighbours are multiplied on the way up a tree, what lies
 * beside each on the way down. Nothing is divided, so a 0 does no harm.
 */
function productOfOthers(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  if (n <= 1) return onesLike(x);
  const even = n % 2 === 0 ? x : pad(x, [[0, 1]], { value: 1 });
  const left = even.slice({ axis: -1, step: 2 });
  const right = even.slice({ axis: -1, start: 1, step: 2 });
  const outside = productOfOthers(left.mul(right));
  const both = concat([outside.mul(right).unsqueeze(-1), outside.mul(left).unsqueeze(-1)], { axis: -1 });
  return both.reshape(even.shape).slice({ axis: -1, end: n });
}
