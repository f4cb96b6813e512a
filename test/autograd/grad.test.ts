import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { ArgumentError, GradError, grad, gradientCheck, scope, tensor, type Tensor } from '../../index.ts';
import { defineOp } from '../../autograd/op.ts';
import type { Op } from '../../autograd/types.ts';
import { Generator } from '../../tensor/philox.ts';
import { exponential, failing, increase, parts, power, total, weighted } from './ops.ts';
import { device, leaf, live, plain, settling, values, within } from './support.ts';

describe('grad', () => {
  within('leaves .grad alone, and gives one tensor per input, for repeated ones too', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const result = grad(total(x.mul(y)), [y, x, y]);
    expect(result.map(values)).toEqual([[2], [3], [2]]);
    result[0]!.dispose();
    expect(values(result[2])).toEqual([2]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  within('of what lies between, and of the output itself', () => {
    const x = leaf([2]);
    const y = power(x, { exponent: 2 });
    const z = power(y, { exponent: 3 });
    expect(grad(z, [z, y, x]).map(values)).toEqual([[1], [48], [192]]);
  });

  within('an alias and a view have the identity that they say', () => {
    const x = leaf([2, 3]);
    const view = x.slice({ axis: 0, end: 1 });
    const y = total(x.mul(x));
    expect(values(grad(y, [x.alias()], { keepTape: true })[0])).toEqual([4, 6]);
    expect(() => grad(y, [view])).toThrow(GradError); // the view came beside, not between
  });

  within('gradOutput weighs the output', () => {
    const x = leaf([2, 3]);
    expect(values(grad(x.mul(x), [x], { gradOutput: plain([1, 10]) })[0])).toEqual([4, 60]);
  });

  within('an input without influence is named; its zeros can be asked for', () => {
    const [x, y] = [leaf([2]), leaf([[3, 4]])];
    const z = total(x.mul(3));
    expect(() => grad(z, [x, y], { keepTape: true })).toThrow(
      'grad: input 1 of shape [1, 2] had no part in the output',
    );
    const result = grad(z, [x, y], { allowUnused: true });
    expect(result.map(values)).toEqual([[3], [0, 0]]);
    expect(result[1]!.shape).toEqual([1, 2]);
  });

  within('inputs that cannot have a gradient are refused', () => {
    const x = leaf([2]);
    const y = total(x.mul(3));
    expect(() => grad(y, [plain([1])])).toThrow('grad: input 0 of shape [1] does not require a gradient');
    expect(() => grad(y, x as unknown as Tensor[])).toThrow(ArgumentError);
    const gone = leaf([1]);
    gone.dispose();
    expect(() => grad(y, [gone])).toThrow('grad: a float64 tensor of shape [1] was used after it was freed');
    expect(values(grad(y, [x])[0])).toEqual([3]); // none of these touched the tape
  });

  within('nothing is walked or freed that does not lie between', () => {
    const x = leaf([2]);
    const trunk = power(x, { exponent: 2 });
    const [head] = [trunk.mul(3)];
    const [g] = grad(head, [trunk]);
    trunk.backward(g); // the rest of the tape is still there
    expect(values(x.grad)).toEqual([12]);
  });

  within('keepTape: the same output again and again', () => {
    const x = leaf([2, 3]);
    const y = total(exponential(x).mul(x));
    const [first] = grad(y, [x], { keepTape: true });
    const [second] = grad(y, [x], { keepTape: true });
    expect(values(second)).toEqual(values(first));
    y.backward();
    expect(values(x.grad)).toEqual(values(first));
    expect(() => grad(y, [x])).toThrow('already walked');
  });

  within('keepTape, when the saved output has no handle left: looking at it does not let go of the node', () => {
    const x = leaf([2]);
    const square = scope(() => parts(x)[0]); // backward reads `triple`, which is gone
    for (let i = 0; i < 3; i++) expect(values(grad(square, [x], { keepTape: true })[0])).toEqual([4]);
  });

  within('a throw on the way frees what had arrived', () => {
    const x = leaf([1, 2]);
    const [one] = failing(x);
    const y = total(x.mul(2).add(one.mul(x)));
    expect(() => grad(y, [x, one])).toThrow('the backward failed');
  });

  within('a change in place is found', () => {
    const [x, w] = [leaf([1]), plain([2])];
    const y = x.mul(w);
    increase(w);
    expect(() => grad(y, [x])).toThrow('changed in place by increase');
  });

  within('without createGraph the result has no history', () => {
    const [x, v] = [leaf([2]), leaf([1])];
    expect(grad(x.mul(x), [x])[0]!.requiresGrad).toBe(false);
    expect(grad(x.add(1), [x], { gradOutput: v })[0]!.requiresGrad).toBe(false);
  });
});

describe('createGraph', () => {
  within('x³, four times', () => {
    const x = leaf([2, -1]);
    const derivatives: unknown[] = [];
    let y = power(x, { exponent: 3 });
    for (let i = 0; i < 3; i++) {
      const [dy] = grad(total(y), [x], { createGraph: true });
      derivatives.push(values(dy));
      y = dy!;
    }
    expect(derivatives).toEqual([[12, 3], [12, -6], [6, 6]]); // prettier-ignore
  });

  within('eˣ from its saved output is its own derivative', () => {
    const x = leaf([0.5]);
    let y = exponential(x);
    const wanted = values(y);
    for (let i = 0; i < 4; i++) [y] = grad(y, [x], { createGraph: true }) as [Tensor];
    expect(values(y)).toEqual(wanted);
  });

  within('∂²/∂x∂y of x²y³ both ways', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const z = power(x, { exponent: 2 }).mul(power(y, { exponent: 3 }));
    const [dx, dy] = grad(z, [x, y], { createGraph: true }) as [Tensor, Tensor];
    expect([values(dx), values(dy)]).toEqual([[108], [108]]); // prettier-ignore
    expect(values(grad(dx, [y], { keepTape: true })[0])).toEqual([108]);
    expect(values(grad(dy, [x])[0])).toEqual([108]);
  });

  within('a penalty on the gradient trains through backward()', () => {
    const x = leaf([2]);
    const [dx] = grad(power(x, { exponent: 3 }), [x], { createGraph: true });
    power(dx!, { exponent: 2 }).backward(); // d (3x²)² / dx = 36x³
    expect(values(x.grad)).toEqual([288]);
  });

  within('through gradOutput: the gradient of a gradient in its seed', () => {
    const [x, v] = [leaf([3]), leaf([5])];
    const [dx] = grad(x.mul(x), [x], { gradOutput: v, createGraph: true });
    expect(values(grad(dx!, [v])[0])).toEqual([6]);
  });

  within('through views and broadcasting', () => {
    const x = leaf([[1, 2], [3, 4]]); // prettier-ignore
    const y = total(x.transpose().slice({ axis: 0, end: 1 }).mul(x).mul(x)); // Σᵢⱼ x[j,0] x[i,j]²
    const [dx] = grad(y, [x], { createGraph: true });
    const [ddx] = grad(total(dx!.mul(plain([[1, 0], [0, 0]]))), [x]); // prettier-ignore
    // ∂y/∂x[0,0] = 3 x[0,0]² + x[1,0]²
    expect(values(ddx)).toEqual([6, 0, 6, 0]);
  });

  settling('leaves nothing behind when the results are dropped', () => {
    const x = leaf([2]);
    const y = scope(() => power(x, { exponent: 4 }));
    const [dy] = grad(y, [x], { createGraph: true }) as [Tensor];
    const [ddy] = grad(dy, [x], { createGraph: true }) as [Tensor];
    [y, dy, ddy, x].forEach((one) => one.dispose());
  });

  property.prop([fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 5 }), fc.nat()])(
    'derivatives of random polynomials',
    (coefficients, seed) => {
      const before = live();
      scope(() => {
        const points = new Generator(seed).normal(4, 'float64');
        const x = tensor(points, { device, requiresGrad: true });
        let y: Tensor = x.mul(0);
        for (const c of coefficients) y = y.mul(x).add(c); // Horner
        let rest = coefficients;
        for (let order = 1; order <= 3; order++) {
          [y] = grad(y, [x], { gradOutput: plain([1, 1, 1, 1]), createGraph: true, allowUnused: true }) as [Tensor];
          rest = rest.slice(0, -1).map((c, i) => c * (rest.length - 1 - i));
          const wanted = Array.from(points, (p) => rest.reduce((sum, c) => sum * p + c, 0));
          values(y)!.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 8));
          if (!y.requiresGrad) break;
        }
      });
      expect(live()).toEqual(before);
    },
  );
});

describe('gradientCheck', () => {
  test('passes what is right, on any device, through any of these ops', async () => {
    const inputs = [plain([[0.5, -1], [2, 0.1]]), tensor([1.5, -0.5], { device: 'cpu' })]; // prettier-ignore
    await gradientCheck((x, y) => exponential(x.mul(y)).add(power(x, { exponent: 3 })), inputs);
    await gradientCheck((x) => weighted([x.transpose(), x, parts(x)[0]]), [inputs[0]!]);
    inputs.forEach((x) => x.dispose());
  });

  test('finds a wrong factor, and prints both numbers', async () => {
    const wrong: Op<['x']> = defineOp({
      name: 'wrong',
      inputs: ['x'],
      shape: ({ x }) => x,
      reference: ({ x }) => ({ shape: x.shape, data: Float64Array.from(x.data, (v) => v * v) }),
      saves: ['x'],
      backward: ({ grads: [g], inputs: { x } }) => ({ x: g.mul(x).mul(1.999) }),
      samples: [{ x: [3] }],
    });
    using x = plain([1, 2, 3]);
    const check = gradientCheck((y) => wrong(y), [x]);
    await expect(check).rejects.toThrow(GradError);
    await expect(check).rejects.toThrow(
      /gradientCheck: along direction 0 of seed 0 the difference quotient is .*, the gradient gives /,
    );
  });

  test('finds a gradient that was cut off, and refuses integers', async () => {
    using x = plain([1, 2, 3]);
    await expect(gradientCheck((y) => y.mul(y.detach()), [x])).rejects.toThrow(GradError);
    using index = tensor([1], { device, dtype: 'int32' });
    await expect(gradientCheck((y) => y, [index])).rejects.toThrow('gradientCheck: none of the inputs is real');
  });

  test('leaves nothing behind', async () => {
    const before = live();
    const x = plain([1, 2, 3]);
    await gradientCheck((y) => y.mul(y), [x]);
    x.dispose();
    expect(live()).toEqual(before);
  });
});
