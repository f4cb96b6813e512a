// The one file that ties Tensor to ops: each function whose first argument is a tensor becomes a method.

import type { Tensor as TensorType } from './tensor/tensor.ts';
import { backward } from './autograd/backward.ts';
import {
  add,
  cast,
  contiguous,
  expand,
  flatten,
  flip,
  logSoftmax,
  mul,
  permute,
  reshape,
  select,
  slice,
  softmax,
  squeeze,
  sum,
  to,
  transpose,
  unbind,
  unsqueeze,
} from './kernels/index.ts';
import { Tensor } from './tensor/tensor.ts';

const functions = {
  add,
  backward,
  cast,
  contiguous,
  expand,
  flatten,
  flip,
  logSoftmax,
  mul,
  permute,
  reshape,
  select,
  slice,
  softmax,
  squeeze,
  sum,
  to,
  transpose,
  unbind,
  unsqueeze,
};

type Functions = typeof functions;
/** `f(x, ...rest)` as `x.f(...rest)`. */
type Methods = {
  [K in keyof Functions]: Functions[K] extends (x: TensorType, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

declare module './tensor/tensor.ts' {
  interface Tensor extends Methods {}
}

for (const [name, f] of Object.entries(functions) as [string, (x: Tensor, ...rest: unknown[]) => unknown][]) {
  const method = function (this: Tensor, ...rest: unknown[]): unknown {
    return f(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });
}
