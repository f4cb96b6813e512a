// What must and must not compile when an op is declared or called; `npm run check:types` judges it. Nothing here runs.

import { expectTypeOf } from 'vitest';
import type { InputGrads, Op, OpArguments, OpResult } from '../../autograd/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { defineOp } from '../../autograd/op.ts';
import { add, concat, noGrad, scope, slice, softmax, sum } from '../../index.ts';
import { expandTo } from '../../kernels/index.ts';

declare const x: Tensor;

// ---- calls ----

expectTypeOf<OpArguments<['x'], { axis?: number }>>().toEqualTypeOf<[Tensor, attrs?: { axis?: number }]>();
expectTypeOf<OpArguments<['x', 'bias?'], { axis: number }>>().toEqualTypeOf<
  [Tensor, Tensor | undefined, attrs: { axis: number }]
>();
add(x, 2);
add(2, x);
slice(x, { axis: 0 });
concat([x, x]);
concat([x, x], { axis: 1 });
// @ts-expect-error -- an input is missing
add(x);
// @ts-expect-error -- every input is missing
sum();
// @ts-expect-error -- a number is no tensor here
softmax(2);
// @ts-expect-error -- an unknown attribute
softmax(x, { dim: 1 });
// @ts-expect-error -- an attribute of the wrong type
softmax(x, { axis: 'x' });
// @ts-expect-error -- a required attribute is missing
slice(x, {});
// @ts-expect-error -- all attributes are missing, one of them is required
expandTo(x);
// @ts-expect-error -- many are an array
concat(x);
// @ts-expect-error -- one argument too many
softmax(x, { axis: 1 }, 3);

// ---- results and methods ----

expectTypeOf(add).returns.toEqualTypeOf<Tensor>();
expectTypeOf<OpResult<['output', 'logsumexp']>>().toEqualTypeOf<[Tensor, Tensor]>();
expectTypeOf<OpResult<[]>>().toEqualTypeOf<void>();
expectTypeOf(x.add(1)).toEqualTypeOf<Tensor>();
expectTypeOf<Parameters<Tensor['softmax']>>().toEqualTypeOf<[attrs?: { axis?: number }]>();
x.add(1)
  .mul(x)
  .sum({ axis: [0, 1], keepDims: true })
  .reshape([2, -1])
  .permute(0, 1);
x.unbind().map((row) => row.softmax());
// @ts-expect-error -- a method knows its attributes too
x.sum({ dim: 1 });
// @ts-expect-error -- and its inputs
x.add();
expectTypeOf(x.item()).toEqualTypeOf<Promise<number>>();
// @ts-expect-error -- nothing that was read can be had without waiting
void (x.item() + 1);
// @ts-expect-error -- shapes are not written
x.shape[0] = 1;
expectTypeOf(scope(() => ({ a: x }))).toEqualTypeOf<{ a: Tensor }>();
expectTypeOf(noGrad(() => 1)).toEqualTypeOf<number>();

// ---- declarations ----

const shape = ({ x: size }: { x: readonly number[] }): readonly number[] => size;

export const right: Op<['x', 'bias?', 'tensors[]', 'index:int', 'y:operand'], { rate?: number; mode: string }> =
  defineOp({
    name: 'right',
    inputs: ['x', 'bias?', 'tensors[]', 'index:int', 'y:operand'],
    attrs: { rate: 1 },
    shape: ({ x: size, bias, tensors, index, y }, { rate, mode }) => {
      expectTypeOf(size).toEqualTypeOf<readonly number[]>();
      expectTypeOf(bias).toEqualTypeOf<readonly number[] | undefined>();
      expectTypeOf(tensors).toEqualTypeOf<readonly (readonly number[])[]>();
      expectTypeOf(index).toEqualTypeOf<readonly number[]>();
      expectTypeOf(y).toEqualTypeOf<readonly number[]>();
      expectTypeOf(rate).toEqualTypeOf<number>(); // the default is filled in
      expectTypeOf(mode).toEqualTypeOf<string>();
      return size;
    },
    reference: ({ x: value }) => value,
    saves: ['x', 'output'],
    backward: ({ grads: [g], inputs, outputs, needs, shapes }) => {
      expectTypeOf(g).toEqualTypeOf<Tensor>();
      expectTypeOf(inputs.x).toEqualTypeOf<Tensor>();
      expectTypeOf(outputs.output).toEqualTypeOf<Tensor>();
      expectTypeOf(needs.tensors).toEqualTypeOf<boolean>();
      expectTypeOf(shapes.bias).toEqualTypeOf<readonly number[] | undefined>();
      // @ts-expect-error -- not saved
      void inputs.bias;
      // @ts-expect-error -- an integer input has no gradient to need
      void needs.index;
      return { x: g, bias: null, tensors: [g, null], y: null };
    },
    samples: [{ x: [2], tensors: [[2]], index: { shape: [2], high: 3 }, y: [], attrs: { mode: 'a' } }],
  });

expectTypeOf<keyof InputGrads<['x', 'bias?', 'tensors[]', 'index:int', 'y:operand']>>().toEqualTypeOf<
  'x' | 'bias' | 'tensors' | 'y'
>();

export const forgotten: Op<['x', 'y']> = defineOp({
  name: 'forgotten',
  inputs: ['x', 'y'],
  shape,
  reference: ({ x: value }) => value,
  // @ts-expect-error -- the gradient of y was forgotten
  backward: ({ grads: [g] }) => ({ x: g }),
  samples: [],
});

export const unsaved: Op<['x']> = defineOp({
  name: 'unsaved',
  inputs: ['x'],
  shape,
  reference: ({ x: value }) => value,
  // @ts-expect-error -- backward reads an input that was not saved
  backward: ({ grads: [g], inputs }) => ({ x: g.mul(inputs.x) }),
  samples: [],
});

export const misnamed: Op<['x']> = defineOp({
  name: 'misnamed',
  inputs: ['x'],
  shape,
  reference: ({ x: value }) => value,
  // @ts-expect-error -- there is no such input or output
  saves: ['z'],
  samples: [],
});

export const otherInputs: Op<['x', 'y']> = defineOp({
  name: 'otherInputs',
  // @ts-expect-error -- the type says x and y
  inputs: ['x'],
  shape,
  reference: ({ x: value }) => value,
  samples: [],
});

export const noDefault: Op<['x'], { axis?: number }> = defineOp({
  name: 'noDefault',
  inputs: ['x'],
  // @ts-expect-error -- an attribute that may be left out needs a default
  attrs: {},
  shape,
  reference: ({ x: value }) => value,
  samples: [],
});

export const oneOfTwo: Op<['x'], object, ['a', 'b']> = defineOp({
  name: 'oneOfTwo',
  inputs: ['x'],
  outputs: ['a', 'b'],
  // @ts-expect-error -- two outputs have two shapes
  shape,
  reference: ({ x: value }) => [value, value],
  samples: [],
});

export const both: Op<['x'], object, ['a', 'b']> = defineOp({
  name: 'both',
  inputs: ['x'],
  outputs: ['a', 'b'],
  shape: ({ x: size }) => [size, size],
  reference: ({ x: value }) => [value, value],
  // @ts-expect-error -- with several outputs each gradient may be null
  backward: ({ grads: [a, b] }) => ({ x: a.add(b) }),
  samples: [],
});
