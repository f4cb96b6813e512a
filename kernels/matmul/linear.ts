import type { NoAttrs, Op } from '../../autograd/types.ts';
import type { Activation } from './activations.ts';
import { defineOp } from '../../autograd/op.ts';
import { ArgumentError, ShapeError } from '../../tensor/errors.ts';
import { formatShape, sameShape, sizeOf } from '../../tensor/shape.ts';
import { build, positionOf } from '../runtime/reference/loops.ts';
import { geluErfBackward, reluBackward, siluBackward } from '../elementwise/activation.ts';
import { activationOf } from './activationOf.ts';
import { activations } from './activations.ts';
import { linearCpu, linearWeightGradCpu } from './matmul.cpu.ts';
import { matmul } from './matmul.ts';

export type LinearInputs = ['x', 'weight', 'bias?'];

export interface LinearAttrs {
  /** Applied to the result while it is at hand: 'relu', 'gelu' or 'silu'. Default 'none'. */
  activation?: Activation;
}

/** The gradient of z, from that of f(z). */
const slopes = { relu: reluBackward, gelu: geluErfBackward, silu: siluBackward };

/**
 * y = f(x · weightᵀ + bias), f the `activation`. x [..., I], weight [O, I], bias [O] → [..., O].
 *
 * An activation saves a pass over memory, and nothing but the operands is kept for backward, which computes the product again: use it
 * without gradients, or where memory counts more than a third of the layer's time.
 *
 * @throws ShapeError when sizes do not fit, ArgumentError for another activation
 *
 * @example
 * await linear(tensor([1, 2]), tensor([[3, 4], [5, 6], [7, 8]])).array();     // [11, 17, 23]
 */
export const linear: Op<LinearInputs, LinearAttrs> = defineOp({
  name: 'linear',
  inputs: ['x', 'weight', 'bias?'],
  attrs: { activation: 'none' },
  autocast: 'float16',
  flops: ({ x }, _attrs, [output]) => 2 * sizeOf(output!) * x.at(-1)!,
  shape({ x, weight, bias }, { activation }) {
    if (!activations.includes(activation)) {
      const known = activations.map((name) => `'${name}'`).join(', ');
      throw new ArgumentError(`activation must be one of ${known}, got '${String(activation)}'`, {
        op: 'linear',
        activation,
      });
    }
    if (weight.length !== 2) {
      throw new ShapeError(`weight ${formatShape(weight)} has rank ${weight.length}; it must be [out, in]`, {
        op: 'linear',
        weight,
      });
    }
    const [rows, columns] = weight as [number, number];
    if (x.at(-1) !== columns) {
      throw new ShapeError(
        `x ${formatShape(x)} does not fit weight ${formatShape(weight)}; its last axis must be ${columns}`,
        { op: 'linear', x, weight },
      );
    }
    if (bias && !(bias.length === 1 && bias[0] === rows)) {
      throw new ShapeError(
        `bias ${formatShape(bias)} does not fit weight ${formatShape(weight)}; it must be [${rows}]`,
        { op: 'linear', bias, weight },
      );
    }
    return x.with(-1, rows);
  },
  reference({ x, weight, bias }, { activation }) {
    const [rows, columns] = weight.shape as [number, number];
    return build([...x.shape.slice(0, -1), rows], (index) => {
      const row = index.at(-1)!;
      const from = positionOf([...index.slice(0, -1), 0], x.shape);
      let sum = bias ? bias.data[row]! : 0;
      for (let k = 0; k < columns; k++) sum += x.data[from + k]! * weight.data[row * columns + k]!;
      return activationOf[activation](sum);
    });
  },
  kernels: { cpu: linearCpu },
  saves: ['x', 'weight', 'bias'],
  keeps: (input, { activation }) => input !== 'bias' || activation !== 'none',
  backward({ grads: [gradient], inputs: { x, weight, bias }, attrs: { activation }, needs }) {
    const g = activation === 'none' ? gradient : slopes[activation](gradient, linear(x, weight, bias));
    const input = needs.x ? matmul(g, weight) : null;
    if (needs.weight && needs.bias) {
      const [ofWeight, ofBias] = linearWeightGrad(x, g);
      return { x: input, weight: ofWeight, bias: ofBias };
    }
    const [rows, columns] = weight.shape as [number, number];
    const count = x.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const flat = g.reshape([count, rows]);
    return {
      x: input,
      weight: needs.weight ? matmul(flat.transpose(), x.reshape([count, columns])) : null,
      bias: needs.bias ? flat.sum({ axis: 0 }) : null,
    };
  },
});

/**
 * The gradients of linear by weight and bias, in one walk over the gradient. x [..., I], gradient [..., O] → weight [O, I] =
 * Σ gradient ⊗ x, bias [O] = Σ gradient, over the leading axes, which are equal.
 */
export const linearWeightGrad: Op<['x', 'gradient'], NoAttrs, ['weight', 'bias']> = defineOp({
  name: 'linearWeightGrad',
  inputs: ['x', 'gradient'],
  outputs: ['weight', 'bias'],
  flops: ({ x, gradient }) => 2 * sizeOf(x) * gradient.at(-1)!,
  shape({ x, gradient }) {
    const [rows, columns] = [gradient.at(-1), x.at(-1)];
    if (rows === undefined || columns === undefined || !sameShape(x.slice(0, -1), gradient.slice(0, -1))) {
      throw new ShapeError(
        `gradient ${formatShape(gradient)} does not fit x ${formatShape(x)}; they may differ in their last axis only`,
        { op: 'linearWeightGrad', x, gradient },
      );
    }
    return [[rows, columns], [rows]];
  },
  reference({ x, gradient }) {
    const [rows, columns] = [gradient.shape.at(-1)!, x.shape.at(-1)!];
    const count = gradient.shape.slice(0, -1).reduce((a, b) => a * b, 1);
    const sum = (row: number, factor: (token: number) => number): number => {
      let total = 0;
      for (let token = 0; token < count; token++) total += gradient.data[token * rows + row]! * factor(token);
      return total;
    };
    return [
      build([rows, columns], ([row, column]) => sum(row!, (token) => x.data[token * columns + column!]!)),
      build([rows], ([row]) => sum(row!, () => 1)),
    ];
  },
  kernels: { cpu: linearWeightGradCpu },
  saves: ['x', 'gradient'],
  backward({ grads: [ofWeight, ofBias], inputs: { x, gradient }, needs }) {
    const shared = needs.gradient && ofBias ? ofBias.expand(gradient.shape) : null;
    return {
      x: needs.x && ofWeight ? matmul(gradient, ofWeight) : null,
      gradient: needs.gradient && ofWeight ? linear(x, ofWeight, ofBias ?? undefined) : shared,
    };
  },
});
