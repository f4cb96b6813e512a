import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import { ShapeError, grad, gradientCheck, scope, tensor } from '../../../index.ts';
import {
  na1dAv,
  na1dQk,
  na2dAv,
  na2dQk,
  na3dAv,
  na3dQk,
  neighborhoodDots,
  neighborhoodSpread,
  neighborhoodSum,
} from '../../../kernels/neighborhood/unfused.ts';
import type { NaProblem } from '../../../kernels/neighborhood/problem.ts';
import { attentionWeights } from '../../../kernels/neighborhood/weights.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { secondOrderError } from '../operands.ts';

const generator = new Generator(21);

function randn(shape: number[], device: 'cpu' | 'reference' = 'reference', requiresGrad = false): Tensor {
  return tensor(generator.normal(sizeOf(shape)), { shape, device, requiresGrad });
}

interface Case {
  readonly tokens: number[];
  readonly problem: NaProblem;
  readonly heads?: [number, number];
}

const cases: Case[] = [
  { tokens: [9], problem: { kernelSize: 3 } },
  { tokens: [11], problem: { kernelSize: 4, dilation: 2, stride: 3, isCausal: true }, heads: [4, 2] },
  { tokens: [5, 6], problem: { kernelSize: [3, 2], dilation: [1, 2], isCausal: [false, true] }, heads: [2, 1] },
  {
    tokens: [4, 3, 5],
    problem: { kernelSize: [2, 3, 2], dilation: [2, 1, 2], stride: [1, 2, 2], isCausal: [true, false, true] },
  },
];

const slotsOf = ({ tokens, problem: { kernelSize } }: Case): number =>
  tokens.reduce(
    (n, _, i) => n * (Array.isArray(kernelSize) ? (kernelSize as number[])[i]! : (kernelSize as number)),
    1,
  );

/** Heads-first operands: query [B, N, *X, D], key, value, and attn [B, N, *X, ΠK]. */
function shapesOf(one: Case): Record<'query' | 'key' | 'value' | 'attn' | 'output', number[]> {
  const [heads, headsKv] = one.heads ?? [2, 2];
  return {
    query: [2, heads, ...one.tokens, 3],
    key: [2, headsKv, ...one.tokens, 3],
    value: [2, headsKv, ...one.tokens, 4],
    attn: [2, heads, ...one.tokens, slotsOf(one)],
    output: [2, heads, ...one.tokens, 4],
  };
}

describe.each(cases)('$tokens $problem', (one) => {
  const { query, key, value, attn, output } = shapesOf(one);
  const { problem } = one;
  const headsKv = key[1]!;

  test('dots, sum and spread are one trilinear form', () => {
    scope(() => {
      const [q, k, a] = [randn(query), randn(key), randn(attn)];
      const dot = (x: Tensor, y: Tensor): number => x.mul(y).sum().dataNow()![0]!;
      const wanted = dot(neighborhoodDots(q, k, { ...problem, masked: 0 }), a);
      expect(dot(neighborhoodSum(a, k, problem), q)).toBeCloseTo(wanted, 9);
      expect(dot(neighborhoodSpread(a, q, { ...problem, headsKv }), k)).toBeCloseTo(wanted, 9);
    });
  });

  test('second derivatives are difference quotients of the first', () => {
    const masked = { ...problem, masked: 0 };
    expect(secondOrderError((q, k) => neighborhoodDots(q, k, masked), [query, key])).toBeLessThan(1e-6);
    expect(secondOrderError((a, v) => neighborhoodSum(a, v, problem), [attn, value])).toBeLessThan(1e-6);
    const spread = { ...problem, headsKv };
    expect(secondOrderError((a, x) => neighborhoodSpread(a, x, spread), [attn, output])).toBeLessThan(1e-6);
  });

  test('a third derivative, of one product in another', async () => {
    await gradientCheck(
      (q, k, v) => {
        const tracked = q.mul(1);
        const y = neighborhoodSum(neighborhoodDots(tracked, k, { ...problem, masked: 0 }).tanh(), v, problem);
        const [first] = grad(y.square().sum(), [tracked], { createGraph: true });
        const [second] = grad(first!.square().sum(), [tracked], { createGraph: true });
        return second!;
      },
      [randn(query), randn(key), randn(value)],
      { tries: 1, tolerance: 1e-5 },
    );
  });

  test('cpu = reference, with gradients', () => {
    const results = (['cpu', 'reference'] as const).map((device) => {
      const own = new Generator(4);
      const made = [query, key, value, output].map((shape, i) =>
        tensor(own.normal(sizeOf(shape)), { shape, device, requiresGrad: i < 3 }),
      );
      return scope(() => {
        const [q, k, v, g] = made as [Tensor, Tensor, Tensor, Tensor];
        const y = neighborhoodSum(neighborhoodDots(q, k, problem).softmax(), v, problem);
        return [y, ...grad(y, [q, k, v], { gradOutput: g })].map((x) => Array.from(x.dataNow()!));
      });
    });
    results[0]!.forEach((got, i) =>
      got.forEach((x, at) => expect(Math.abs(x - results[1]![i]![at]!)).toBeLessThan(1e-5)),
    );
  });
});

test('causal slots hold the keys from the window start on, then -infinity', async () => {
  const q = tensor(
    Float32Array.from({ length: 6 }, () => 1),
    { shape: [1, 1, 6, 1], device: 'reference' },
  );
  const k = tensor(
    Float32Array.from({ length: 6 }, (_, i) => i),
    { shape: [1, 1, 6, 1], device: 'reference' },
  );
  const none = -Infinity;
  expect(await na1dQk(q, k, { kernelSize: 3, isCausal: true }).array()).toEqual([
    [
      [
        [0, none, none],
        [0, 1, none],
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
      ],
    ],
  ]);
  expect(await na1dQk(q, k, { kernelSize: 3, dilation: 2, isCausal: true }).array()).toEqual([
    [
      [
        [0, none, none],
        [1, none, none],
        [0, 2, none],
        [1, 3, none],
        [0, 2, 4],
        [1, 3, 5],
      ],
    ],
  ]);
});

describe('the functions', () => {
  const qks = [na1dQk, na2dQk, na3dQk];
  const avs = [na1dAv, na2dAv, na3dAv];

  test.each(cases)('rpb, additional keys and values: $tokens', async (one) => {
    const { query, key, value } = shapesOf(one);
    const { problem, tokens } = one;
    const sizes = tokens.map(
      (_, i) =>
        2 *
          (Array.isArray(problem.kernelSize) ? (problem.kernelSize as number[])[i]! : (problem.kernelSize as number)) -
        1,
    );
    const [qk, av] = [qks[tokens.length - 1]!, avs[tokens.length - 1]!];
    const made = [query, key, value, [query[1]!, ...sizes], [2, key[1]!, 2, 3], [2, key[1]!, 2, 4]].map((shape) =>
      randn(shape),
    );
    const body = (...[q, k, v, rpb, more, moreValues]: Tensor[]): Tensor => {
      const attn = qk(q!, k!, { ...problem, rpb: rpb!, additionalKeys: more! });
      expect(attn.shape.at(-1)).toBe(slotsOf(one) + 2);
      return av(attn.softmax(), v!, { ...problem, additionalValues: moreValues! });
    };
    await gradientCheck(body, made);
    expect(
      secondOrderError(
        body,
        made.map((x) => x.shape),
      ),
    ).toBeLessThan(1e-6);
  });

  test('a bias gets no gradient from slots that nobody sees', () => {
    scope(() => {
      const [q, rpb] = [randn([1, 1, 5, 2]), randn([1, 5], 'reference', true)];
      const attn = na1dQk(q, q, { kernelSize: 3, isCausal: true, rpb });
      const gradOutput = tensor(new Float32Array(15).fill(1), { shape: [1, 1, 5, 3], device: 'reference' });
      // Distances -2, -1, 0 are seen by 3, 4 and 5 queries; 1 and 2 by none.
      expect(Array.from(grad(attn, [rpb], { gradOutput })[0]!.dataNow()!)).toEqual([3, 4, 5, 0, 0]);
    });
  });

  test('weights in slots that nobody sees are skipped, NaN too, and get no gradient', () => {
    for (const device of ['cpu', 'reference'] as const) {
      scope(() => {
        const weights = new Float32Array(15).fill(1);
        for (const at of [1, 2, 5]) weights[at] = NaN;
        const attn = tensor(weights, { shape: [1, 1, 5, 3], device, requiresGrad: true });
        const value = tensor(new Float32Array(10).fill(1), { shape: [1, 1, 5, 2], device, requiresGrad: true });
        const output = na1dAv(attn, value, { kernelSize: 3, isCausal: true });
        expect(Array.from(output.dataNow()!)).toEqual([1, 1, 2, 2, 3, 3, 3, 3, 3, 3]);
        const [ga, gv] = grad(output.sum(), [attn, value]);
        expect(Array.from(ga!.dataNow()!)).toEqual([2, 0, 0, 2, 2, 0, ...new Array<number>(9).fill(2)]);
        expect(Array.from(gv!.dataNow()!)).toEqual([3, 3, 3, 3, 3, 3, 2, 2, 1, 1]);
      });
    }
  });

  test('what does not fit is refused with a sentence', () => {
    scope(() => {
      const x = (...shape: number[]): Tensor => randn(shape, 'cpu');
      const q = x(1, 4, 9, 8);
      expect(() => na2dQk(q, q, { kernelSize: 3 })).toThrow(
        'na2dQk: query [1, 4, 9, 8] has rank 4; it must be [B, N, X, Y, D], of rank 5',
      );
      expect(() => na1dQk(q, x(1, 3, 9, 8), { kernelSize: 3 })).toThrow(
        'key [1, 3, 9, 8] does not fit query [1, 4, 9, 8]; 3 heads must divide the 4 of query',
      );
      expect(() => na1dQk(q, x(1, 4, 8, 8), { kernelSize: 3 })).toThrow('batch and token axes must be equal');
      expect(() => na1dQk(q, x(1, 4, 9, 7), { kernelSize: 3 })).toThrow("head dim 7 must be 8, the query's");
      expect(() => na1dQk(q, q, { kernelSize: 5, dilation: 2 })).toThrow(ShapeError);
      expect(() => na1dQk(q, q, { kernelSize: 3, rpb: x(4, 6) })).toThrow(
        'rpb [4, 6] does not fit the problem; it must be [4, 5]',
      );
      expect(() => na1dQk(q, q, { kernelSize: 3, additionalKeys: x(1, 2, 4, 8) })).toThrow(
        'additionalKeys [1, 2, 4, 8] does not fit key [1, 4, 9, 8]; it must be [1, 4, 4, 8]',
      );
      expect(() => na1dQk(q, q, { kernelSize: 3, scale: 1 } as NaProblem)).toThrow("has no option 'scale'");
      expect(() => na1dQk(q, q, undefined as unknown as NaProblem)).toThrow("needs the option 'kernelSize'");
      expect(() => na1dAv(x(1, 4, 9, 4), q, { kernelSize: 3 })).toThrow(
        'attn [1, 4, 9, 4] has 4 slots; kernelSize 3 makes 3',
      );
      const more = { kernelSize: 3, additionalValues: x(1, 4, 2, 8) };
      expect(() => na1dAv(x(1, 4, 9, 4), q, more)).toThrow('kernelSize 3 and 2 additional values make 5');
      expect(() => neighborhoodSpread(x(1, 4, 9, 3), q, { kernelSize: 3, headsKv: 3 })).toThrow(
        'headsKv 3 must be an integer >= 1 that divides the 4 heads of attn',
      );
      expect(() => neighborhoodSpread(x(1, 4, 9, 3), x(1, 4, 8, 3), { kernelSize: 3, headsKv: 4 })).toThrow(
        'all axes but the last must be equal',
      );
    });
  });
});

describe('attentionWeights', () => {
  test('each row is a distribution, heads last', () => {
    scope(() => {
      const [q, k] = [randn([2, 5, 6, 4, 8]), randn([2, 5, 6, 2, 8])];
      const options = { kernelSize: 3, isCausal: [true, false], additionalKeys: randn([2, 3, 2, 8]) };
      const weights = attentionWeights(q, k, options);
      expect(weights.shape).toEqual([2, 5, 6, 4, 12]);
      for (const sum of weights.sum({ axis: -1 }).dataNow()!) expect(sum).toBeCloseTo(1, 12);
    });
  });
});
