// Small ops that only these tests need: each shows one thing that a declaration may say.

import type { Op } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';

const sum = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0);

/** Σ x as one element, apart from the reductions under test elsewhere. */
export function total(x: Tensor): Tensor {
  return totalOp(x);
}

const totalOp: Op<['x']> = defineOp({
  name: 'total',
  inputs: ['x'],
  shape: () => [],
  reference: ({ x }) => ({ shape: [], data: Float64Array.of(sum(x.data)) }),
  backward: ({ grads: [g], shapes }) => ({ x: g.reshape(shapes.x.map(() => 1)).expand(shapes.x) }),
  samples: [{ x: [3] }],
});

/** scale · xᵖ, from x and from an attribute without a default. */
export const power: Op<['x'], { exponent: number; scale?: number }> = defineOp({
  name: 'power',
  inputs: ['x'],
  attrs: { scale: 1 },
  shape: ({ x }) => x,
  reference: ({ x }, { exponent, scale }) => ({
    shape: x.shape,
    data: Float64Array.from(x.data, (v) => scale * v ** exponent),
  }),
  saves: ['x'],
  backward: ({ grads: [g], inputs: { x }, attrs: { exponent, scale } }) => ({
    x: g.mul(power(x, { exponent: exponent - 1, scale: scale * exponent })),
  }),
  samples: [{ x: [3], attrs: { exponent: 3 } }],
});

/** eˣ, from its output. */
export const exponential: Op<['x']> = defineOp({
  name: 'exponential',
  inputs: ['x'],
  shape: ({ x }) => x,
  reference: ({ x }) => ({ shape: x.shape, data: Float64Array.from(x.data, Math.exp) }),
  saves: ['output'],
  backward: ({ grads: [g], outputs: { output } }) => ({ x: g.mul(output) }),
  samples: [{ x: [3] }],
});

/** [x², 3x, number of elements]: two real outputs, one of them saved, and one that takes no gradient. */
export const parts: Op<['x'], object, ['square', 'triple', 'count']> = defineOp({
  name: 'parts',
  inputs: ['x'],
  outputs: ['square', 'triple', 'count'],
  dtype: (dtype) => [dtype, dtype, 'int32'] as const,
  shape: ({ x }) => [x, x, []],
  reference: ({ x }) => [
    { shape: x.shape, data: Float64Array.from(x.data, (v) => v * v) },
    { shape: x.shape, data: Float64Array.from(x.data, (v) => 3 * v) },
    { shape: [], data: Int32Array.of(x.data.length) },
  ],
  saves: ['triple'],
  backward({ grads: [square, triple], outputs }) {
    const one = square && square.mul(outputs.triple).mul(2 / 3);
    const other = triple && triple.mul(3);
    return { x: one && other ? one.add(other) : (one ?? other) };
  },
  samples: [{ x: [3] }],
});

/** x · weight + bias where given; integer positions are only looked at. */
export const affine: Op<['x', 'weight', 'bias?', 'index:int?']> = defineOp({
  name: 'affine',
  inputs: ['x', 'weight', 'bias?', 'index:int?'],
  shape: ({ x }) => x,
  reference: ({ x, weight, bias }) => ({
    shape: x.shape,
    data: Float64Array.from(x.data, (v, i) => v * weight.data[i]! + (bias?.data[i] ?? 0)),
  }),
  saves: ['x', 'weight'],
  backward: ({ grads: [g], inputs: { x, weight }, needs }) => ({
    x: needs.x ? g.mul(weight) : null,
    weight: needs.weight ? g.mul(x) : null,
    bias: needs.bias ? g : null,
  }),
  samples: [{ x: [3], weight: [3] }],
});

/** Σ i · xᵢ over a list. */
export const weighted: Op<['tensors[]']> = defineOp({
  name: 'weighted',
  inputs: ['tensors[]'],
  shape: ({ tensors }) => tensors[0]!,
  reference: ({ tensors }) => ({
    shape: tensors[0]!.shape,
    data: Float64Array.from(tensors[0]!.data, (_, k) => sum(tensors.map((x, i) => i * x.data[k]!))),
  }),
  backward: ({ grads: [g], shapes }) => ({ tensors: shapes.tensors.map((_, i) => (i === 0 ? null : g.mul(i))) }),
  samples: [{ tensors: [[3], [3]] }],
});

/** Writes x + value into x. */
export const increase: Op<['x'], { value?: number }, []> = defineOp({
  name: 'increase',
  inputs: ['x'],
  outputs: [],
  attrs: { value: 1 },
  mutates: ['x'],
  shape: () => undefined,
  reference: ({ x }, { value }) => [{ shape: x.shape, data: Float64Array.from(x.data, (v) => v + value) }],
  samples: [{ x: [3] }],
});

/** x, with a kernel or a backward that fails. */
export const failing: Op<['x'], { forward?: boolean }, ['one', 'other']> = defineOp({
  name: 'failing',
  inputs: ['x'],
  outputs: ['one', 'other'],
  attrs: { forward: false },
  shape: ({ x }) => [x, x],
  reference({ x }, { forward }) {
    if (forward) throw new Error('the kernel failed');
    return [x, x];
  },
  saves: ['x', 'other'],
  backward({ inputs: { x } }) {
    x.mul(2);
    throw new Error('the backward failed');
  },
  samples: [{ x: [3] }],
});
