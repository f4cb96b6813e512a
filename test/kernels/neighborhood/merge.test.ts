import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import { ArgumentError, ShapeError, grad, gradientCheck, scope, tensor } from '../../../index.ts';
import { mergeAttentions } from '../../../kernels/neighborhood/merge.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { hostDevices } from '../../devices.ts';
import { secondOrderError } from '../operands.ts';

const generator = new Generator(8);

function randn(shape: number[], device: 'cpu' | 'reference' = 'reference', requiresGrad = false): Tensor {
  return tensor(generator.normal(sizeOf(shape)), { shape, device, requiresGrad });
}

/** Attention of all queries to a stretch of the keys, by matmul and softmax: q [T, D], k, v [S, D]. */
function attend(q: Tensor, k: Tensor, v: Tensor, start: number, end: number): { output: Tensor; logsumexp: Tensor } {
  const part = (x: Tensor): Tensor => x.slice({ axis: 0, start, end });
  const scores = q.matmul(part(k).transpose());
  return {
    output: scores.softmax().matmul(part(v)).unsqueeze(1),
    logsumexp: scores.logsumexp({ axis: -1 }).unsqueeze(-1),
  };
}

function merged(q: Tensor, k: Tensor, v: Tensor, cuts: readonly number[]): { output: Tensor; logsumexp: Tensor } {
  const parts = cuts.slice(1).map((end, i) => attend(q, k, v, cuts[i]!, end));
  return mergeAttentions(
    parts.map(({ output }) => output),
    parts.map(({ logsumexp }) => logsumexp),
  );
}

test.each([[[0, 7]], [[0, 3, 7]], [[0, 1, 2, 6, 7]], [[0, 0, 4, 4, 7]]])('parts cut at %j give the whole', (cuts) => {
  scope(() => {
    const inputs = [
      randn([5, 3], 'reference', true),
      randn([7, 3], 'reference', true),
      randn([7, 3], 'reference', true),
    ] as const;
    const [g, gl] = [randn([5, 1, 3]), randn([5, 1])];
    const [got, want] = [merged(...inputs, cuts), attend(...inputs, 0, 7)].map(({ output, logsumexp }) => {
      const loss = output.mul(g).sum().add(logsumexp.mul(gl).sum());
      return [output, logsumexp, ...grad(loss, [...inputs])].map((x) => Array.from(x.dataNow()!));
    });
    want!.forEach((values, i) => values.forEach((x, at) => expect(got![i]![at]).toBeCloseTo(x, 10)));
  });
});

test('gradients of outputs and logsumexps are central differences, twice', async () => {
  const shapes = [
    [4, 2, 3],
    [4, 2, 3],
    [4, 2, 3],
    [4, 2],
    [4, 2],
    [4, 2],
  ];
  const body = (...x: Tensor[]): Tensor => {
    const { output, logsumexp } = mergeAttentions(x.slice(0, 3), x.slice(3));
    return output.mul(logsumexp.unsqueeze(-1));
  };
  await gradientCheck(
    body,
    shapes.map((shape) => randn(shape)),
  );
  expect(secondOrderError(body, shapes)).toBeLessThan(1e-6);
});

describe('empty parts', () => {
  test('have no weight whatever they hold, and no gradient; nothing at all is 0 and -infinity', () => {
    for (const device of hostDevices) {
      scope(() => {
        const of = (values: number[], shape: number[]): Tensor =>
          tensor(Float32Array.from(values), { shape, device, requiresGrad: true });
        // Three rows: the second part empty, the first part empty, both empty.
        const outputs = [of([1, 2, NaN, 4, 0, 0], [3, 1, 2]), of([NaN, 8, 7, 6, NaN, 1], [3, 1, 2])];
        const logsumexps = [of([0.5, -Infinity, -Infinity], [3, 1]), of([-Infinity, 2, -Infinity], [3, 1])];
        const { output, logsumexp } = mergeAttentions(outputs, logsumexps);
        expect(Array.from(output.dataNow()!)).toEqual([1, 2, 7, 6, 0, 0]);
        expect(Array.from(logsumexp.dataNow()!)).toEqual([0.5, 2, -Infinity]);
        const grads = grad(output.sum().add(logsumexp.slice({ axis: 0, end: 2 }).sum()), [...outputs, ...logsumexps]);
        expect(grads.map((x) => Array.from(x.dataNow()!))).toEqual([
          [1, 1, 0, 0, 0, 0],
          [0, 0, 1, 1, 0, 0],
          [1, 0, 0],
          [0, 1, 0],
        ]);
        const everything = grad(mergeAttentions(outputs, logsumexps).logsumexp.sum(), logsumexps);
        expect(everything.map((x) => Array.from(x.dataNow()!))).toEqual([
          [1, 0, 0],
          [0, 1, 0],
        ]);
      });
    }
  });
});

test('logsumexps far apart do not overflow', () => {
  scope(() => {
    const outputs = [1, 2].map((v) => tensor([[[v]]]));
    const { output, logsumexp } = mergeAttentions(outputs, [tensor([[1e4]]), tensor([[-1e4]])]);
    expect([output.dataNow()![0], logsumexp.dataNow()![0]]).toEqual([1, 1e4]);
  });
});

test('what does not fit is refused with a sentence', () => {
  scope(() => {
    const [o, l] = [randn([2, 3, 4]), randn([2, 3])];
    expect(() => mergeAttentions([], [])).toThrow(
      'mergeAttentions: got 0 outputs and 0 logsumexps; give at least one of each',
    );
    expect(() => mergeAttentions([o, o], [l])).toThrow('got 2 outputs and 1 logsumexps; give one logsumexp per output');
    expect(() => mergeAttentions([o, randn([2, 3, 5])], [l, l])).toThrow(
      'outputs[1] [2, 3, 5] does not fit outputs[0] [2, 3, 4]; it must be [2, 3, 4]',
    );
    expect(() => mergeAttentions([o], [randn([2, 4])])).toThrow(ShapeError);
    expect(() => mergeAttentions(o as never, l as never)).toThrow(ArgumentError);
    expect(() => mergeAttentions([o], [3 as never])).toThrow('logsumexps[0] must be a tensor, got number');
  });
});
