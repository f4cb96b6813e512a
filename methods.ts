// The one file that ties Tensor to ops: each function named here, whose first argument is a tensor, becomes a method.

import type { Tensor as TensorType } from './tensor/tensor.ts';
import { backward } from './autograd/backward.ts';
import { registerPostAccumulateGradHook } from './autograd/gradHook.ts';
import * as kernels from './kernels/index.ts';
import { Tensor } from './tensor/tensor.ts';

const names = [
  'abs',
  'add',
  'all',
  'any',
  'argmax',
  'argmin',
  'argsort',
  'at',
  'atan2',
  'cast',
  'ceil',
  'chunk',
  'clamp',
  'contiguous',
  'cos',
  'cumsum',
  'div',
  'elu',
  'eq',
  'erf',
  'exp',
  'expand',
  'expm1',
  'flatten',
  'flip',
  'floor',
  'gather',
  'ge',
  'gelu',
  'gt',
  'hardswish',
  'indexSelect',
  'isFinite',
  'isNaN',
  'le',
  'leakyRelu',
  'log',
  'log1p',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'logicalXor',
  'logSoftmax',
  'logsumexp',
  'lt',
  'maskedFill',
  'maskedSelect',
  'matmul',
  'max',
  'maximum',
  'mean',
  'min',
  'minimum',
  'mish',
  'mod',
  'mul',
  'ne',
  'neg',
  'nonzero',
  'norm',
  'permute',
  'pow',
  'prod',
  'reciprocal',
  'relu',
  'repeat',
  'reshape',
  'roll',
  'round',
  'rsqrt',
  'select',
  'sigmoid',
  'sign',
  'silu',
  'sin',
  'slice',
  'softmax',
  'softplus',
  'sort',
  'split',
  'sqrt',
  'square',
  'squeeze',
  'std',
  'sub',
  'sum',
  'tanh',
  'tile',
  'to',
  'topk',
  'transpose',
  'tril',
  'triu',
  'trunc',
  'unbind',
  'unsqueeze',
  'variance',
] as const satisfies readonly (keyof typeof kernels)[];

type Functions = Pick<typeof kernels, (typeof names)[number]> & {
  backward: typeof backward;
  registerPostAccumulateGradHook: typeof registerPostAccumulateGradHook;
};
/** `f(x, ...rest)` as `x.f(...rest)`. */
type Methods = {
  [K in keyof Functions]: Functions[K] extends (x: TensorType, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

declare module './tensor/tensor.ts' {
  interface Tensor extends Methods {}
}

function addMethod(name: string, f: (x: Tensor, ...rest: never[]) => unknown): void {
  const method = function (this: Tensor, ...rest: never[]): unknown {
    return f(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });
}

addMethod('backward', backward);
addMethod('registerPostAccumulateGradHook', registerPostAccumulateGradHook);
// oxlint-disable-next-line import/namespace -- the names are checked by the type above
for (const name of names) addMethod(name, kernels[name]);
