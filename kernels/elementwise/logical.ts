import type { Op, Operand } from '../../autograd/types.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError } from '../../tensor/errors.ts';
import { scope } from '../../tensor/scope.ts';
import { broadcastShapes } from '../../tensor/shape.ts';
import { checkTensor, Tensor } from '../../tensor/tensor.ts';
import { full } from '../create/filled.ts';
import { mapBroadcast } from '../runtime/reference/loops.ts';
import { eq } from './compare.ts';
import { launchElementwise } from './elementwise.cpu.ts';

/** An op of two bools that broadcast. */
export type BitsOp = Op<['x:bool', 'y:bool']>;

function bits(name: string, reference: (x: number, y: number) => number): BitsOp {
  return defineOp<['x:bool', 'y:bool']>({
    name,
    inputs: ['x:bool', 'y:bool'],
    dtypes: 'any',
    dtype: () => 'bool',
    shape: ({ x, y }) => broadcastShapes(name, x, y),
    reference: ({ x, y }) => mapBroadcast(broadcastShapes(name, x.shape, y.shape), [x, y], reference),
    kernels: {
      cpu: acceptsStrides(({ x, y }, _attrs, [out]) => launchElementwise(`${name}Byte`, [x, y], out!, 0.3)),
    },
  });
}

/** The op behind `logicalAnd`. */
export const bitsAnd: BitsOp = bits('bitsAnd', (x, y) => x & y);
/** The op behind `logicalOr`. */
export const bitsOr: BitsOp = bits('bitsOr', (x, y) => x | y);
/** The op behind `logicalXor`. */
export const bitsXor: BitsOp = bits('bitsXor', (x, y) => x ^ y);

function logical(name: string, op: BitsOp, x: Tensor, y: Operand): Tensor {
  checkTensor(name, 'x', x);
  if (!(y instanceof Tensor) && typeof y !== 'number')
    throw new ArgumentError(`y must be a tensor or a number, got ${typeof y}`, { op: name, y });
  return scope(() => {
    const other = y instanceof Tensor ? y.cast('bool') : full([], y !== 0, { device: x.device });
    return op(x.cast('bool'), other);
  });
}

/** Where both are not 0, as a bool; NaN is not 0. Of any dtypes, which broadcast. */
export function logicalAnd(x: Tensor, y: Operand): Tensor {
  return logical('logicalAnd', bitsAnd, x, y);
}

/** Where one or both are not 0, as a bool; NaN is not 0. Of any dtypes, which broadcast. */
export function logicalOr(x: Tensor, y: Operand): Tensor {
  return logical('logicalOr', bitsOr, x, y);
}

/** Where one but not both is not 0, as a bool; NaN is not 0. Of any dtypes, which broadcast. */
export function logicalXor(x: Tensor, y: Operand): Tensor {
  return logical('logicalXor', bitsXor, x, y);
}

/** Where x is 0, as a bool; NaN is not 0. */
export function logicalNot(x: Tensor): Tensor {
  return eq(x, 0);
}

/** Where x is NaN, as a bool. */
export function isNaN(x: Tensor): Tensor {
  checkTensor('isNaN', 'x', x);
  return x.ne(x);
}

/** Where x is neither NaN nor infinite, as a bool. */
export function isFinite(x: Tensor): Tensor {
  checkTensor('isFinite', 'x', x);
  return scope(() => x.abs().lt(Infinity));
}
