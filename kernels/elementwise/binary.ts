import type { Kernel, Op } from '../../autograd/types.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { broadcastShapes } from '../../tensor/shape.ts';
import { sumTo } from '../reduce/sumTo.ts';
import { isInt32, mapBroadcast } from '../runtime/reference/loops.ts';
import { binaryCpu } from './elementwise.cpu.ts';

/** An elementwise op of two operands that broadcast; either may be a number. */
export type BinaryOp = Op<['x:operand', 'y:operand']>;

interface Rules {
  name: string;
  /** Default `'numeric'`. */
  dtypes?: 'float' | 'numeric';
  /** Of the result, when it is not the operands'. */
  dtype?: Dtype;
  /** What the operands become inside `autocast`. */
  autocast?: 'float32';
  /** On float64 values. */
  reference: (x: number, y: number) => number;
  /** On int32 values, where float64 would round what wraps around. */
  integers?: (x: number, y: number) => number;
  /** On the CPU; default `binaryCpu(name)`, at the speed of memory. */
  cpu?: Kernel<['x:operand', 'y:operand']>;
  /** What the gradients need beside g. */
  saves?: readonly ('x' | 'y' | 'output')[];
  /** Gradients before they are summed over broadcast axes. */
  backward?: (g: Tensor, saved: { x: Tensor; y: Tensor; output: Tensor }) => { x: () => Tensor; y: () => Tensor };
}

/** Declares one op of the family. */
export function binary(rules: Rules): BinaryOp {
  const { name, reference, integers = reference, dtype, backward, cpu = binaryCpu(rules.name), saves = [] } = rules;
  return defineOp<['x:operand', 'y:operand'], object, ['output'], 'x' | 'y' | 'output'>({
    name,
    inputs: ['x:operand', 'y:operand'],
    attrs: {},
    dtypes: rules.dtypes ?? 'numeric',
    ...(rules.autocast && { autocast: rules.autocast }),
    ...(dtype && { dtype: () => dtype }),
    shape: ({ x, y }) => broadcastShapes(name, x, y),
    reference: ({ x, y }) =>
      mapBroadcast(broadcastShapes(name, x.shape, y.shape), [x, y], isInt32(x) && isInt32(y) ? integers : reference),
    kernels: { cpu },
    saves,
    ...(backward && {
      backward({ grads: [g], inputs, outputs, needs, shapes }) {
        const parts = backward(g, { ...inputs, ...outputs });
        return { x: needs.x ? sumTo(parts.x(), shapes.x) : null, y: needs.y ? sumTo(parts.y(), shapes.y) : null };
      },
    }),
  });
}
