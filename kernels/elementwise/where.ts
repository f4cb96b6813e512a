import type { Kernel, Op } from '../../autograd/types.ts';
import type { Shape } from '../../tensor/shape.ts';
import { acceptsStrides } from '../../autograd/types.ts';
import { defineOp } from '../../autograd/op.ts';
import { byteSize } from '../../tensor/dtype.ts';
import { broadcastShapes } from '../../tensor/shape.ts';
import { sumTo } from '../reduce/sumTo.ts';
import { mapBroadcast } from '../runtime/reference/loops.ts';
import { launchElementwise } from './elementwise.cpu.ts';

type Inputs = ['condition:bool', 'x:operand', 'y:operand'];

const whereCpu: Kernel<Inputs> = acceptsStrides(({ condition, x, y }, _attrs, [out]) =>
  launchElementwise(`where${8 * byteSize[x.dtype]}`, [condition, x, y], out!, 0.4),
);

function commonShape(condition: Shape, x: Shape, y: Shape): Shape {
  return broadcastShapes('where', condition, broadcastShapes('where', x, y));
}

/** x where `condition` holds, y elsewhere. All three broadcast; x and y may be numbers. */
export const where: Op<Inputs> = defineOp({
  name: 'where',
  inputs: ['condition:bool', 'x:operand', 'y:operand'],
  dtypes: 'any',
  shape: ({ condition, x, y }) => commonShape(condition, x, y),
  reference: ({ condition, x, y }) =>
    mapBroadcast(commonShape(condition.shape, x.shape, y.shape), [condition, x, y], (c, a, b) => (c ? a : b)),
  kernels: { cpu: whereCpu },
  saves: ['condition'],
  backward({ grads: [g], inputs: { condition }, needs, shapes }) {
    return {
      x: needs.x ? sumTo(where(condition, g, 0), shapes.x) : null,
      y: needs.y ? sumTo(where(condition, 0, g), shapes.y) : null,
    };
  },
});
