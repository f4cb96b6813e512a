import { describe, expect, test } from 'vitest';
import type { AttentionOptions } from '../../../kernels/neighborhood/attention.ts';
import type { Tensor } from '../../../index.ts';
import type { HostTensor } from './differentiate.ts';
import {
  concat,
  defaultGenerator,
  grad,
  GradError,
  gradientCheck,
  manualSeed,
  memory,
  randn,
  scope,
  VicinalError,
} from '../../../index.ts';
import { attention } from '../../../kernels/neighborhood/attention.ts';
import { devices, someFor } from '../../devices.ts';
import { differentiate, drawAll, expectClose } from './differentiate.ts';

interface Problem extends AttentionOptions {
  batch?: number;
  queries: number;
  keys: number;
  heads?: [query: number, key: number];
  dims?: [query: number, value: number];
}
type Operands = Record<'query' | 'key' | 'value', HostTensor>;

function drawFor({ batch = 1, queries, keys, heads = [2, 2], dims = [4, 4] }: Problem): Operands {
  return drawAll({
    query: [batch, queries, heads[0], dims[0]],
    key: [batch, keys, heads[1], dims[0]],
    value: [batch, keys, heads[1], dims[1]],
  });
}

function optionsOf({ batch: _b, queries: _q, keys: _k, heads: _h, dims: _d, ...options }: Problem): AttentionOptions {
  return options;
}

/** softmax(scale q kᵀ) v of one query after another, heads repeated: the formula and nothing else. */
function plainly({ query, key, value }: Record<string, Tensor>, options: AttentionOptions): Record<string, Tensor> {
  const { isCausal = false, scale = query!.shape.at(-1)! ** -0.5 } = options;
  const ends = options.cumulativeLengthsQuery ?? [0, query!.shape[1]!];
  const endsKey = options.cumulativeLengthsKey ?? options.cumulativeLengthsQuery ?? [0, key!.shape[1]!];
  const group = query!.shape[2]! / key!.shape[2]!;
  const outputs: Tensor[] = [];
  const sums: Tensor[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    for (let row = ends[i]!; row < ends[i + 1]!; row++) {
      const last = isCausal ? Math.min(endsKey[i]! + row - ends[i]! + 1, endsKey[i + 1]!) : endsKey[i + 1]!;
      const own = (x: Tensor, head: number): Tensor =>
        x.slice({ axis: 1, start: endsKey[i]!, end: last }).select(2, head);
      for (let head = 0; head < query!.shape[2]!; head++) {
        const keyHead = Math.floor(head / group);
        const q = query!.select(1, row).select(1, head).unsqueeze(1); // [B, 1, D]
        const scores = q.matmul(own(key!, keyHead).transpose()).mul(scale);
        outputs.push(scores.softmax().matmul(own(value!, keyHead)));
        sums.push(scores.logsumexp({ axis: -1 }));
      }
    }
  }
  const rows = query!.shape.slice(0, 3);
  return {
    output: concat(outputs, { axis: 1 }).reshape([...rows, value!.shape[3]!]),
    logsumexp: concat(sums, { axis: 1 }).reshape(rows),
  };
}

const problems: readonly Problem[] = [
  { queries: 5, keys: 7 },
  { queries: 7, keys: 5, isCausal: true, batch: 2 },
  { queries: 4, keys: 9, isCausal: true, heads: [4, 2], dims: [3, 6] },
  { queries: 6, keys: 6, heads: [6, 1], dims: [5, 2], scale: 0 },
  { queries: 70, keys: 67, scale: 0.2, dims: [16, 8], batch: 2 },
  { queries: 1, keys: 1, heads: [1, 1], dims: [1, 1] },
  { queries: 9, keys: 9, cumulativeLengthsQuery: [0, 4, 4, 9] },
  { queries: 9, keys: 8, cumulativeLengthsQuery: [0, 3, 7, 9], cumulativeLengthsKey: [0, 5, 5, 8], heads: [4, 2] },
  {
    queries: 8,
    keys: 10,
    cumulativeLengthsQuery: [0, 0, 6, 8],
    cumulativeLengthsKey: [0, 3, 7, 10],
    isCausal: true,
    dims: [4, 6],
  },
  { queries: 130, keys: 130, cumulativeLengthsQuery: [0, 1, 66, 67, 130], isCausal: true, dims: [8, 8] },
];

describe.each(devices)('attention on %s', (device) => {
  describe.each(someFor(device, problems).map((problem): [string, Problem] => [JSON.stringify(problem), problem]))(
    '%s',
    (_, problem) => {
      const options = optionsOf(problem);

      test.each(['fused', 'dense'] as const)('%s is the formula, with gradients', async (implementation) => {
        const operands = drawFor(problem);
        const want = await differentiate('reference', operands, (tensors) => plainly(tensors, options));
        const got = await differentiate(device, operands, ({ query, key, value }) => ({
          ...attention(query, key, value, { ...options, implementation, returnLogsumexp: true }),
        }));
        expectClose(got, want, device === 'reference' ? 1e-9 : 5e-6);
      });

      test('dropout drops the same weights in both', async () => {
        const operands = drawFor(problem);
        const [fused, dense] = await Promise.all(
          (['fused', 'dense'] as const).map((implementation) => {
            manualSeed(11);
            return differentiate(device, operands, ({ query, key, value }) => ({
              ...attention(query, key, value, { ...options, implementation, dropout: 0.4, returnLogsumexp: true }),
            }));
          }),
        );
        expectClose(fused!, dense!, device === 'reference' ? 1e-9 : 5e-6);
      });
    },
  );

  test('neither queries nor keys, and no batch', async () => {
    for (const [batch, queries, keys] of [
      [2, 3, 0],
      [2, 0, 3],
      [0, 2, 3],
    ] as const) {
      for (const implementation of ['fused', 'dense'] as const) {
        const operands = drawFor({ batch, queries, keys });
        const got = await differentiate(device, operands, ({ query, key, value }) => ({
          ...attention(query, key, value, { implementation, returnLogsumexp: true }),
        }));
        expect([...new Set(Array.from(got['output']!))]).toEqual(batch * queries === 0 ? [] : [0]);
        expect([...new Set(Array.from(got['logsumexp']!))]).toEqual(batch * queries === 0 ? [] : [-Infinity]);
        for (const name of ['query', 'key', 'value'] as const)
          expect(Array.from(got[`gradient of ${name}`]!)).toEqual(Array.from(operands[name].data, () => 0));
      }
    }
  });
});

describe('gradients', () => {
  const inputs = (): Tensor[] => [randn([1, 4, 2, 3]), randn([1, 5, 1, 3]), randn([1, 5, 1, 2])];

  test('are the central differences', async () => {
    await gradientCheck((q, k, v) => {
      const { output, logsumexp } = attention(q, k, v, { isCausal: true, returnLogsumexp: true });
      return concat([output.reshape([-1]), logsumexp.reshape([-1])]);
    }, inputs());
  });

  test('have gradients in the dense form, and none in the fused', async () => {
    const slope = (q: Tensor, k: Tensor, v: Tensor, implementation: 'dense' | 'fused'): Tensor => {
      const y = attention(q, k, v, { isCausal: true, implementation }).square().sum();
      return concat(grad(y, [q, k, v], { createGraph: true }).map((x) => x.reshape([-1])));
    };
    await gradientCheck((q, k, v) => slope(q, k, v, 'dense'), inputs());
    await expect(gradientCheck((q, k, v) => slope(q, k, v, 'fused'), inputs())).rejects.toThrow(GradError);
    await expect(gradientCheck((q, k, v) => slope(q, k, v, 'fused'), inputs())).rejects.toThrow(
      "attention: the fused operation has no second derivative; use implementation: 'dense'",
    );
  });
});

test('nothing is left behind', () => {
  for (const implementation of ['fused', 'dense'] as const) {
    using x = randn([1, 6, 2, 4], { requiresGrad: true });
    const before = memory().cpu!.tensors;
    const options = { implementation, isCausal: true, dropout: 0.1, cumulativeLengthsQuery: [0, 2, 6] };
    attention(x, x, x, options).dispose();
    const { output, logsumexp } = attention(x, x, x, { ...options, returnLogsumexp: true });
    expect(memory().cpu!.tensors).toBe(before + 2);
    output.dispose();
    logsumexp.dispose();
    expect(memory().cpu!.tensors).toBe(before);
  }
});

test('lengths given are not read again', async () => {
  const operands = drawFor({ queries: 6, keys: 6 });
  const run = (spoil: boolean) =>
    differentiate('cpu', operands, ({ query, key, value }) => {
      const ends = [0, 2, 6];
      const output = attention(query, key, value, { cumulativeLengthsQuery: ends });
      if (spoil) ends.fill(6);
      return { output };
    });
  expectClose(await run(true), await run(false), 0);
});

describe('bad input', () => {
  const x = (...shape: number[]): Tensor => randn(shape);
  const call =
    (query: number[], key: number[], options?: object, value = key) =>
    () =>
      scope(() => attention(x(...query), x(...key), x(...value), options as never));
  const line = [1, 6, 2, 4];

  test.each<[() => unknown, string]>([
    [call(line, line, { causal: true }), "attention: has no option 'causal'; use isCausal, scale, dropout,"],
    [call(line, line, { is_causal: true }), "attention: has no option 'is_causal', but 'isCausal'; use"],
    [call([6, 2, 4], line), 'attention: query [6, 2, 4] has rank 3; it must be [B, S, N, D]'],
    [
      call(line, [2, 6, 2, 4]),
      'attention: key [2, 6, 2, 4] does not fit query [1, 6, 2, 4]; both must have the same batch size',
    ],
    [call(line, [1, 6, 2, 3]), 'attention: key [1, 6, 2, 3] does not fit query [1, 6, 2, 4]; head dim 3 must be 4'],
    [call([1, 6, 4, 4], [1, 6, 3, 4]), "3 heads must divide the query's 4"],
    [
      call(line, line, {}, [1, 5, 2, 4]),
      'attention: value [1, 5, 2, 4] does not fit key [1, 6, 2, 4]; both must have as many tokens',
    ],
    [call(line, line, { scale: NaN }), 'attention: scale must be a finite number, got NaN'],
    [call(line, line, { dropout: 1.5 }), 'attention: dropout must be a number of 0..1, got 1.5'],
    [call(line, line, { isCausal: 1 }), 'attention: isCausal must be true or false, got 1'],
    [
      call(line, line, { implementation: 'unfused' }),
      "attention: implementation must be 'auto', 'fused' or 'dense', got 'unfused'",
    ],
    [
      call(line, line, { cumulativeLengthsQuery: 6 }),
      'attention: cumulativeLengthsQuery must be an array of token numbers, got 6',
    ],
    [
      call(line, [1, 5, 2, 4], { cumulativeLengthsQuery: [0, 6] }),
      'attention: query [1, 6, 2, 4] has 6 tokens and key [1, 5, 2, 4] 5; give cumulativeLengthsKey beside cumulativeLengthsQuery',
    ],
    [
      call(line, line, { cumulativeLengthsKey: [0, 6] }),
      'attention: cumulativeLengthsQuery is missing; packed sequences need those of queries and of keys',
    ],
    [
      call([2, 6, 2, 4], [2, 6, 2, 4], { cumulativeLengthsQuery: [0, 6] }),
      'attention: query [2, 6, 2, 4] has batch size 2; packed sequences need 1',
    ],
    ...[[0, 5], [1, 6], [0, 4, 3, 6], [0, 2.5, 6], []].map((ends): [() => unknown, string] => [
      call(line, line, { cumulativeLengthsQuery: ends }),
      `attention: cumulativeLengthsQuery [${ends.join(', ')}] is no list of sequences; it must rise in integers from 0 to the 6 tokens`,
    ]),
    [
      call(line, [1, 5, 2, 4], { cumulativeLengthsQuery: [0, 2, 6], cumulativeLengthsKey: [0, 5] }),
      'attention: cumulativeLengthsQuery has 2 sequences and cumulativeLengthsKey 1; both must be equal',
    ],
    [() => attention(3 as never, 3 as never, 3 as never), 'attention: query must be a tensor, got number'],
  ])('%#', (run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(VicinalError);
  });

  test('draws no seed', () => {
    const [query, key] = [x(...line), x(1, 5, 2, 3)];
    const before = defaultGenerator.state();
    expect(() => attention(query, key, key, { dropout: 0.5 })).toThrow(VicinalError);
    expect(defaultGenerator.state()).toEqual(before);
  });

  test('is refused by the dense form alike', () => {
    expect(call(line, line, { implementation: 'dense', dropout: 2 })).toThrow(
      'attention: dropout must be a number of 0..1',
    );
    expect(call([6, 2, 4], line, { implementation: 'dense' })).toThrow('it must be [B, S, N, D]');
  });
});
