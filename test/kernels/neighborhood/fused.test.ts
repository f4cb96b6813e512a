import { afterEach, describe, expect, test } from 'vitest';
import type { NaOptions, Tensor } from '../../../index.ts';
import type { Host, Operands, Results } from './attend.ts';
import {
  GradError,
  ShapeError,
  grad,
  memory,
  na1d,
  na2d,
  na3d,
  neighborhoodAttention,
  scope,
  setThreads,
  tensor,
  threads,
  zeros,
} from '../../../index.ts';
import { drawOperands, expectNear, expectSame, fused, run } from './attend.ts';
import { check, operandsOf } from './propertiesProblem.ts';

const problems: [shape: number[], options: NaOptions][] = [
  [[2, 28, 28, 3, 16], { kernelSize: 7 }],
  [[1, 14, 14, 2, 16], { kernelSize: 5, isCausal: [true, false] }],
  [[1, 40, 3, 9], { kernelSize: 6, dilation: 5, stride: 3 }],
  [[2, 9, 11, 1, 33], { kernelSize: [4, 5], dilation: 2, stride: [2, 1] }],
  [[1, 6, 9, 10, 1, 20], { kernelSize: [3, 4, 5], stride: [3, 1, 2], isCausal: [true, false, true] }],
  [[1, 700, 1, 64], { kernelSize: 513, stride: 64 }],
  [[1, 8, 8, 8, 1, 64], { kernelSize: 7 }],
];

test.each(problems)('cpu = reference: %j %j', (shape, options) => {
  const operands = drawOperands(shape);
  expectNear(run(fused(options), operands), run(fused(options), operands, 'reference'), 1e-5, 1e-5);
});

test('cpu = reference on random problems', () =>
  check({ longest: [12, 12, 7], maxDim: 21 }, 60, (problem) => {
    const operands = operandsOf(problem);
    const attend = fused(problem.options);
    expectNear(run(attend, operands), run(attend, operands, 'reference'), 1e-4, 1e-5);
  }));

describe('memory around the operands', () => {
  test('query, key and value may be views of one tensor, and NaN between and around them stays there', () => {
    const shape = [2, 9, 8, 3, 10];
    const options = { kernelSize: [5, 4], dilation: [1, 2] };
    const operands = drawOperands(shape);
    const want = run(fused(options), operands);
    // [B, *X, 3, N + 2, D + 3]: a head on either side, and three more columns, all of them NaN.
    const wide = [2, 9, 8, 3, 5, 13];
    const poisoned = new Float32Array(wide.reduce((a, b) => a * b)).fill(NaN);
    [operands.query, operands.key, operands.value].forEach(({ data }, which) => {
      for (let i = 0; i < data.length; i++) {
        const [column, head, token] = [i % 10, Math.floor(i / 10) % 3, Math.floor(i / 30)];
        poisoned[((token * 3 + which) * 5 + head + 1) * 13 + column + 1] = data[i]!;
      }
    });
    scope(() => {
      const all = tensor(poisoned, { shape: wide });
      const [query, key, value] = [0, 1, 2].map((i) =>
        all.select(3, i).slice({ axis: -2, start: 1, end: 4 }).slice({ axis: -1, start: 1, end: 11 }),
      ) as [Tensor, Tensor, Tensor];
      const { output, logsumexp } = neighborhoodAttention(query, key, value, { ...options, returnLogsumexp: true });
      expect(output.dataNow()).toEqual(want.output.data);
      expect(logsumexp.dataNow()).toEqual(want.logsumexp.data);
    });
  });

  test('a NaN or an infinity in one key or value reaches the queries that see it, and no others', () => {
    const operands = drawOperands([1, 12, 10, 1, 6]);
    for (const [name, bad] of [
      ['key', NaN],
      ['value', NaN],
      ['value', Infinity],
    ] as const) {
      const data = Float32Array.from(operands[name].data);
      data[(5 * 10 + 4) * 6 + 2] = bad;
      const { output } = run(fused({ kernelSize: [3, 4] }), { ...operands, [name]: { ...operands[name], data } });
      for (let x = 0; x < 12; x++) {
        for (let y = 0; y < 10; y++) {
          const row = Array.from(output.data).slice((x * 10 + y) * 6, (x * 10 + y) * 6 + 6);
          const sees = Math.abs(x - 5) <= 1 && y >= 3 && y <= 6;
          expect(row.every(Number.isFinite), `${name} ${bad} at query ${x}, ${y}`).toBe(!sees);
        }
      }
    }
  });

  test('scratch that other kernels left full of NaN does no harm', () => {
    const operands = drawOperands([1, 10, 9, 2, 5]);
    const want = run(fused({ kernelSize: 3 }), operands);
    scope(() => {
      for (let size = 1 << 8; size <= 1 << 20; size *= 4) tensor(new Float32Array(size).fill(NaN)).dispose();
    });
    expectSame(run(fused({ kernelSize: 3 }), operands), want);
  });
});

describe('threads', () => {
  const before = threads();
  afterEach(() => setThreads(before));

  test.each(problems)('1, 2 and 4 give the same bits: %j %j', (shape, options) => {
    const operands = drawOperands(shape);
    const results = [1, 2, 4].map((count) => {
      setThreads(count);
      return run(fused(options), operands);
    }) as [Results, Results, Results];
    expectSame(results[1], results[0]);
    expectSame(results[2], results[0]);
  });
});

test('the cut into tiles changes no bit', () => {
  // One image alone is cut into many tiles, twenty-four are an item each.
  const alone = drawOperands([1, 28, 24, 1, 12]);
  const repeat = ({ shape, data }: Host): Host => ({
    shape: shape.with(0, 24),
    data: Float32Array.from({ length: 24 * data.length }, (_, i) => data[i % data.length]!),
  });
  const many = Object.fromEntries(Object.entries(alone).map(([name, x]) => [name, repeat(x)])) as unknown as Operands;
  const [one, all] = [alone, many].map((operands) => run(fused({ kernelSize: [5, 7], stride: [1, 2] }), operands)) as [
    Results,
    Results,
  ];
  for (const name of Object.keys(one) as (keyof Results)[]) {
    expect(Array.from(all[name].data).slice(0, one[name].data.length), name).toEqual(Array.from(one[name].data));
  }
});

describe('extremes', () => {
  test('logits of ±1e4 stay finite, and the winner takes all', () => {
    const operands = drawOperands([1, 8, 9, 2, 16], 3, 60);
    const results = run(fused({ kernelSize: 5, scale: 1 }), operands);
    const largest = Math.max(...Array.from(results.logsumexp.data, Math.abs));
    expect(largest).toBeGreaterThan(1e4);
    for (const { data } of Object.values(results)) expect(Array.from(data).every(Number.isFinite)).toBe(true);
    const want = run(fused({ kernelSize: 5, scale: 1 }), operands, 'reference');
    expectNear(results, { output: want.output, logsumexp: want.logsumexp }, 1e-3, 1e-3);
  });

  test('no batch entries: empty results, empty gradients', () => {
    const results = run(fused({ kernelSize: 3 }), drawOperands([0, 5, 2, 4]));
    expect(results.output.shape).toEqual([0, 5, 2, 4]);
    expect(results.logsumexp.shape).toEqual([0, 5, 2]);
    expect(results.gradKey.shape).toEqual([0, 5, 2, 4]);
  });
});

describe('the functions', () => {
  const q = (...shape: number[]): Tensor => zeros(shape);

  test('na1d, na2d and na3d take their own rank only', () => {
    scope(() => {
      const [one, two, three] = [q(1, 5, 2, 4), q(1, 5, 6, 2, 4), q(1, 3, 4, 5, 2, 4)];
      expect(na1d(one, one, one, { kernelSize: 3 }).shape).toEqual(one.shape);
      expect(na2d(two, two, two, { kernelSize: 3 }).shape).toEqual(two.shape);
      expect(na3d(three, three, three, { kernelSize: 3 }).shape).toEqual(three.shape);
      expect(() => na2d(one, one, one, { kernelSize: 3 })).toThrow(ShapeError);
      expect(() => na2d(one, one, one, { kernelSize: 3 })).toThrow(
        'na2d: query [1, 5, 2, 4] has rank 4; it must be [B, X, Y, N, D], of rank 5',
      );
      expect(() => na1d(one, one, one, undefined as unknown as NaOptions)).toThrow("needs the option 'kernelSize'");
      expect(() => na1d(one, one, one, { kernelSize: 3, kernel_size: 3 } as NaOptions)).toThrow(
        "has no option 'kernel_size'",
      );
      expect(() => na1d(5 as unknown as Tensor, one, one, { kernelSize: 3 })).toThrow('query must be a tensor');
    });
  });

  test('logsumexp is returned when asked for, and freed when not', () => {
    const held = memory()['cpu']!.tensors;
    const x = q(1, 5, 2, 4);
    const output = na1d(x, x, x, { kernelSize: 3, returnLogsumexp: false });
    expect(memory()['cpu']!.tensors).toBe(held + 2);
    const both = na1d(x, x, x, { kernelSize: 3, returnLogsumexp: true });
    expect([both.output.shape, both.logsumexp.shape, both.logsumexp.dtype]).toEqual([
      [1, 5, 2, 4],
      [1, 5, 2],
      'float32',
    ]);
    expect(both.logsumexp.dataNow()![0]).toBeCloseTo(Math.log(3), 6);
    for (const made of [x, output, both.output, both.logsumexp]) made.dispose();
    expect(memory()['cpu']!.tensors).toBe(held);
  });

  test('a gradient through logsumexp alone', () => {
    const operands = drawOperands([1, 9, 2, 4]);
    const alone: Operands = { ...operands, gradOutput: { ...operands.gradOutput, data: new Float32Array(72) } };
    const want = run(fused({ kernelSize: 4 }), alone);
    scope(() => {
      const [query, key, value] = [operands.query, operands.key, operands.value].map(({ shape, data }) =>
        tensor(Float32Array.from(data), { shape, requiresGrad: true }),
      ) as [Tensor, Tensor, Tensor];
      const { logsumexp } = na1d(query, key, value, { kernelSize: 4, returnLogsumexp: true });
      const gradOutput = tensor(Float32Array.from(operands.gradLogsumexp.data), { shape: logsumexp.shape });
      const grads = grad(logsumexp, [query, key, value], { gradOutput });
      expect(grads.map((g) => g.dataNow())).toEqual([want.gradQuery.data, want.gradKey.data, want.gradValue.data]);
    });
  });

  test('a second derivative is refused with a sentence', () => {
    scope(() => {
      const x = tensor(new Float32Array(40).fill(1), { shape: [1, 5, 2, 4], requiresGrad: true });
      const loss = na1d(x, x, x, { kernelSize: 3 }).sum();
      expect(() => grad(loss, [x], { createGraph: true })).toThrow(GradError);
      expect(() => grad(loss, [x], { createGraph: true })).toThrow('the fused operation has no second derivative');
    });
  });
});
