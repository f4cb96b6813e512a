import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { attention, conv2d, countFlops, grad, linear, memory, na2d, naFlops, ones, scope, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';

describe('hooks of forward', () => {
  test('see inputs and output, in their order, until they are removed', () => {
    using layer = new nn.Linear(3, 2);
    const seen: unknown[] = [];
    const remove = [
      layer.registerForwardPreHook((module, inputs) => void seen.push('before', module === layer, inputs.length)),
      layer.registerForwardHook((_module, [x], output) => void seen.push('first', x.shape, output.shape)),
      layer.registerForwardHook(() => void seen.push('second')),
    ];
    scope(() => {
      layer.forward(ones([5, 3]));
      expect(seen).toEqual(['before', true, 1, 'first', [5, 3], [5, 2], 'second']);
      remove[1]!();
      remove[1]!(); // twice is allowed
      layer.forward(ones([5, 3]));
      expect(seen.slice(7)).toEqual(['before', true, 1, 'second']);
      remove.forEach((each) => each());
      layer.forward(ones([5, 3]));
    });
    expect(seen.length).toBe(11);
    expect(Object.hasOwn(layer, 'forward')).toBe(false);
  });

  test('change inputs and output', () => {
    using layer = new nn.Identity();
    layer.registerForwardPreHook((_module, [x]) => [(x as Tensor).add(1)]);
    layer.registerForwardHook((_module, _inputs, output) => output.mul(10));
    scope(() => expect(layer.forward(ones([2])).dataNow()).toEqual(Float32Array.of(20, 20)));
  });

  test('of a layer run inside another, whose keys stay', () => {
    using model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const shapes: unknown[] = [];
    const keys = scope(() => [...model.stateDict().keys()]);
    const removers = model
      .modules()
      .map((module) => module.registerForwardHook((_m, _i, y) => void shapes.push(y.shape)));
    expect(scope(() => [...model.stateDict().keys()])).toEqual(keys);
    scope(() => model.forward(zeros([5, 3])));
    expect(shapes).toEqual([
      [5, 4],
      [5, 4],
      [5, 2],
      [5, 2],
    ]);
    removers.forEach((remove) => remove());
  });

  test('a forward that is a field comes back', () => {
    class Doubler extends nn.Module {
      forward = (x: Tensor): Tensor => x.mul(2);
    }
    const module = new Doubler();
    const { forward } = module;
    const remove = module.registerForwardHook((_m, _i, y) => y.add(1));
    scope(() => expect(module.forward(ones([1])).dataNow()).toEqual(Float32Array.of(3)));
    remove();
    expect(module.forward).toBe(forward);
  });

  test('what is no function is refused', () => {
    using layer = new nn.Linear(3, 2);
    expect(() => layer.registerForwardHook(undefined as never)).toThrow('the hook is undefined; it must be a function');
  });
});

test('apply visits the innermost modules first', () => {
  using model = new nn.Sequential(new nn.Linear(2, 2), new nn.Sequential(new nn.ReLU()));
  const names: string[] = [];
  expect(model.apply(({ constructor }) => names.push(constructor.name))).toBe(model);
  expect(names).toEqual(['ReLU', 'Sequential', 'Linear', 'Sequential']);
});

describe('countFlops', () => {
  const flopsOf = (body: () => unknown): Readonly<Record<string, number>> =>
    scope(() => countFlops(() => void body()).flops.byOp);

  test('of a linear map, forward and backward', () => {
    const [x, weight, bias] = [
      ones([4, 5, 6], { requiresGrad: true }),
      ones([7, 6], { requiresGrad: true }),
      ones([7], { requiresGrad: true }),
    ];
    const each = 2 * 20 * 6 * 7;
    expect(flopsOf(() => linear(x, weight, bias).sum().backward())).toEqual({
      linear: each,
      matmul: each,
      linearWeightGrad: each,
    });
  });

  test('of products that broadcast, and of vectors', () => {
    expect(flopsOf(() => ones([3, 1, 4, 5]).matmul(ones([2, 5, 6])))).toEqual({ matmul: 2 * 6 * 4 * 5 * 6 });
    expect(flopsOf(() => ones([5]).matmul(ones([5])))).toEqual({ matmul: 10 });
  });

  test('of a convolution in groups, forward and backward', () => {
    const [x, weight] = [ones([2, 4, 9, 8], { requiresGrad: true }), ones([6, 2, 3, 2], { requiresGrad: true })];
    const each = 2 * (2 * 6 * 7 * 7) * (2 * 3 * 2);
    const body = () => conv2d(x, weight, undefined, { groups: 2 }).sum().backward();
    expect(flopsOf(body)).toEqual({ conv2d: each, conv2dInputGrad: each, conv2dWeightGrad: each });
  });

  test.each(['fused', 'unfused'] as const)('of neighborhood attention, %s, forward and backward', (implementation) => {
    const options = { kernelSize: 3, implementation };
    const make = (dim: number): Tensor => ones([2, 7, 8, 2, dim], { requiresGrad: true });
    const [q, k, v] = [make(4), make(4), make(6)];
    const wanted = naFlops([7, 8], { kernelSize: 3, heads: 2, dim: 4, dimValue: 6 });
    expect(scope(() => countFlops(() => na2d(q, k, v, options)).flops.total)).toBe(2 * wanted.forward);
    const step = scope(() => countFlops(() => void grad(na2d(q, k, v, options).sum(), [q, k, v])));
    const saved = implementation === 'fused' ? 0 : 2 * 2 * 56 * 9 * 2 * 4; // scores that need not be computed again
    expect(step.flops.total).toBe(2 * (wanted.forward + wanted.backward) - saved);
  });

  test('of attention over packed sequences', () => {
    const [q, k] = [ones([1, 5, 2, 4]), ones([1, 7, 2, 4])];
    const options = { cumulativeLengthsQuery: [0, 2, 5], cumulativeLengthsKey: [0, 3, 7] };
    expect(Object.values(flopsOf(() => attention(q, k, k, options)))).toEqual([2 * 2 * (2 * 3 + 3 * 4) * 8]);
  });

  test('bodies within bodies count for both; an error ends the count', () => {
    const one = (): Tensor => ones([2, 2]).matmul(ones([2, 2]));
    scope(() => {
      const outer = countFlops(() => [countFlops(one).flops.total, one()] as const);
      expect([outer.result[0], outer.flops.total]).toEqual([16, 32]);
      expect(() => countFlops(() => [one(), ones([2]).matmul(ones([3]))])).toThrow('must be equal');
      expect(countFlops(one).flops.total).toBe(16);
      expect(() => countFlops(() => Promise.resolve(1))).toThrow('async');
    });
  });
});

describe('summary', () => {
  test('rows in the order of running, and the model as it was', () => {
    using model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3),
      new nn.Dropout(0.5),
      new nn.Flatten(),
      new nn.Linear(288, 10),
    );
    model.at(1)!.train(false);
    const before = memory()['cpu']!.tensors;
    const found = nn.summary(model, [2, 1, 8, 8]);
    expect(memory()['cpu']!.tensors).toBe(before);
    expect(found.rows.map(({ path, type, shape, flops }) => [path, type, shape, flops])).toEqual([
      ['', 'Sequential', [2, 10], 2 * 2 * (8 * 36 * 9 + 2880)],
      ['0', 'Conv2d', [2, 8, 6, 6], 2 * 2 * 8 * 36 * 9],
      ['1', 'Dropout', [2, 8, 6, 6], 0],
      ['2', 'Flatten', [2, 288], 0],
      ['3', 'Linear', [2, 10], 2 * 2 * 2880],
    ]);
    expect([model.training, model.at(1)!.training, model.at(3)!.training]).toEqual([true, false, true]);
    expect(Object.hasOwn(model, 'forward')).toBe(false);
    expect([found.parameters, found.flops]).toEqual([2970, 21_888]);
    expect(String(found).split('\n')).toEqual([
      '            output        parameters  operations',
      'Sequential  [2, 10]            2,970      21,888',
      '0: Conv2d   [2, 8, 6, 6]          80      10,368',
      '1: Dropout  [2, 8, 6, 6]',
      '2: Flatten  [2, 288]',
      '3: Linear   [2, 10]            2,890      11,520',
      '2,970 parameters, 21,888 floating-point operations forward',
    ]);
  });

  test.each([
    ['natMini', 2.69],
    ['natBase', 13.68],
  ] as const)('%s costs what its authors say: %d billion multiplications', (name, published) => {
    using model = nn.init.skipInit(() => nn.models[name]());
    expect(nn.summary(model, [1, 3, 224, 224]).flops / 2e9).toBeCloseTo(published, 2);
  });

  test('an error leaves no hook, no count and the modes', () => {
    using model = new nn.Sequential(new nn.Linear(3, 2), new nn.Linear(3, 2));
    expect(() => nn.summary(model, [1, 3])).toThrow('linear');
    expect(model.modules().some((module) => Object.hasOwn(module, 'forward'))).toBe(false);
    expect(model.training).toBe(true);
    expect(() => nn.summary(model, [])).toThrow('give the shape of the input');
    expect(() => nn.summary(model, [1, zeros([1])] as never)).toThrow('part numbers, part tensors');
  });

  test('given tensors, of any dtype', () => {
    using model = new nn.Sequential(new nn.Embedding(10, 4), new nn.Linear(4, 2));
    const found = scope(() => nn.summary(model, [zeros([3, 5], { dtype: 'int32' })]));
    expect(found.rows.map(({ shape }) => shape)).toEqual([
      [3, 5, 2],
      [3, 5, 4],
      [3, 5, 2],
    ]);
  });
});
