// The one file that ties Tensor to ops: each function whose first argument is a tensor becomes a method.

import type { Tensor as TensorType } from './tensor/tensor.ts';
import { backward } from './autograd/backward.ts';
import {
  abs,
  add,
  argmax,
  argmin,
  cast,
  contiguous,
  div,
  eq,
  exp,
  expand,
  flatten,
  flip,
  gather,
  ge,
  gelu,
  gt,
  le,
  log,
  logSoftmax,
  logsumexp,
  lt,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  ne,
  neg,
  permute,
  pow,
  relu,
  reshape,
  rsqrt,
  select,
  sigmoid,
  sign,
  silu,
  slice,
  softmax,
  sqrt,
  square,
  squeeze,
  std,
  sub,
  sum,
  tanh,
  to,
  transpose,
  unbind,
  unsqueeze,
  variance,
} from './kernels/index.ts';
import { Tensor } from './tensor/tensor.ts';

const functions = {
  abs,
  add,
  argmax,
  argmin,
  backward,
  cast,
  contiguous,
  div,
  eq,
  exp,
  expand,
  flatten,
  flip,
  gather,
  ge,
  gelu,
  gt,
  le,
  log,
  logSoftmax,
  logsumexp,
  lt,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  ne,
  neg,
  permute,
  pow,
  relu,
  reshape,
  rsqrt,
  select,
  sigmoid,
  sign,
  silu,
  slice,
  softmax,
  sqrt,
  square,
  squeeze,
  std,
  sub,
  sum,
  tanh,
  to,
  transpose,
  unbind,
  unsqueeze,
  variance,
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
