import type { Kernel, Op } from '../../autograd/types.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { storedDtype } from '../../tensor/create.ts';
import { checkDtype, isFloat } from '../../tensor/dtype.ts';
import { scope } from '../../tensor/scope.ts';
import { checkTensor } from '../../tensor/tensor.ts';
import { map } from '../runtime/reference/loops.ts';
import { contiguousCpu } from '../layout/copy.cpu.ts';
import { launchElementwise } from './elementwise.cpu.ts';
import { clampTo } from './rounding.ts';

export type CastAttrs = { dtype: Dtype };

/** How the kernels name what they read and write. */
const storedAs: Readonly<Record<string, string>> = { float32: 'Float', int32: 'Int', uint8: 'Byte', bool: 'Byte' };

const castCpu: Kernel<['x'], CastAttrs> = acceptsStrides(({ x }, { dtype }, [y]) => {
  if (x.dtype === dtype) return contiguousCpu({ x }, {}, [y!]);
  const to = dtype === 'bool' ? 'Bool' : storedAs[dtype];
  // uint8 has no kernel to itself: to make a byte of a bool is to make a bool of it.
  const kernel = storedAs[x.dtype] === to ? 'castByteToBool' : `cast${storedAs[x.dtype]}To${to}`;
  launchElementwise(kernel, [x], y!, 0.3);
});

function converted(value: number, dtype: Dtype): number {
  if (isFloat(dtype)) return value;
  if (dtype === 'bool') return Number(value !== 0);
  const [low, high] = dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.trunc(value), low), high);
}

/** The op behind `cast`. */
export const castTo: Op<['x'], CastAttrs> = defineOp({
  name: 'castTo',
  inputs: ['x'],
  required: ['dtype'],
  dtypes: 'any',
  dtype: (_input, { dtype }) => dtype,
  shape({ x }, { dtype }) {
    checkDtype('cast', dtype);
    return x;
  },
  reference: ({ x }, { dtype }) => map(x, (value) => converted(value, dtype)),
  kernels: { cpu: castCpu },
  backward: ({ grads: [g] }) => ({ x: g }),
});

/**
 * x as `dtype`. Reals become integers by cutting toward zero; what lies outside the range becomes the nearest end of it
 * and NaN becomes 0. bool is "not 0". Gradients flow between reals only. A device without `dtype` takes the one it has
 * for it: the reference device stores float64 for float32, and it and webgpu the numbers 0 … 255 of uint8 as int32.
 *
 * @example
 * cast(tensor([-1.7, 0.2, 300]), 'uint8');     // [0, 0, 255]
 */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  checkTensor('cast', 'x', x);
  const stored = storedDtype('cast', x.storage.runtime, dtype);
  if (dtype === 'uint8' && stored === 'int32')
    return scope(() => clampTo(x.dtype === stored ? x : castTo(x, { dtype: stored }), { min: 0, max: 255 }));
  return stored === x.dtype ? x.alias() : castTo(x, { dtype: stored });
}
