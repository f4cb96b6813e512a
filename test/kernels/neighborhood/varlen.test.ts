import { describe, expect, test } from 'vitest';
import type { NaOptions, Tensor } from '../../../index.ts';
import type { HostTensor } from './differentiate.ts';
import {
  concat,
  gradientCheck,
  manualSeed,
  memory,
  na1d,
  na2d,
  na3d,
  randn,
  scope,
  VicinalError,
} from '../../../index.ts';
import { na1dVarlen, na2dVarlen, na3dVarlen } from '../../../kernels/neighborhood/varlen.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { devices, someFor } from '../../devices.ts';
import { differentiate, drawAll, expectClose } from './differentiate.ts';

const ofRank = [undefined, [na1d, na1dVarlen], [na2d, na2dVarlen], [na3d, na3dVarlen]] as const;

interface Case {
  extents: number[][];
  options: NaOptions;
  heads?: [query: number, key: number];
  dims?: [query: number, value: number];
  /** Additional tokens of each map. */
  additional?: number;
  /** Shape of rpb. */
  bias?: number[];
}

const cases: readonly Case[] = [
  { extents: [[5], [9], [3]], options: { kernelSize: 3 } },
  { extents: [[7]], options: { kernelSize: 3, dilation: 2, isCausal: true }, dims: [4, 6] },
  { extents: [[0], [6], [0], [4], [0]], options: { kernelSize: 4, stride: 2 }, heads: [4, 2], additional: 2 },
  {
    extents: [
      [3, 4],
      [5, 3],
      [0, 7],
      [3, 3],
    ],
    options: { kernelSize: 3, scale: 0.3 },
    bias: [2, 5, 5],
    additional: 1,
  },
  {
    extents: [
      [4, 6],
      [2, 4],
    ],
    options: { kernelSize: [2, 2], dilation: [1, 2], isCausal: [true, false] },
    heads: [4, 1],
    dims: [3, 5],
    bias: [4, 3, 3],
  },
  {
    extents: [
      [2, 3, 4],
      [3, 3, 2],
    ],
    options: { kernelSize: [2, 3, 2], isCausal: [true, false, false] },
  },
];

function draw({ extents, heads = [2, 2], dims = [4, 4], additional, bias }: Case): Record<string, HostTensor> {
  const total = extents.reduce((sum, extent) => sum + sizeOf(extent), 0);
  return drawAll<string>({
    query: [total, heads[0], dims[0]],
    key: [total, heads[1], dims[0]],
    value: [total, heads[1], dims[1]],
    ...(additional && {
      additionalKeys: [extents.length, additional, heads[1], dims[0]],
      additionalValues: [extents.length, additional, heads[1], dims[1]],
    }),
    ...(bias && { rpb: bias }),
  });
}

/** Each map cut out and attended by itself. */
function mapByMap(tensors: Record<string, Tensor>, extents: number[][], options: NaOptions): Record<string, Tensor> {
  const { query, key, value, additionalKeys, additionalValues, rpb } = tensors;
  const [attend] = ofRank[extents[0]!.length]!;
  let start = 0;
  const parts = extents.flatMap((extent, i) => {
    const end = start + sizeOf(extent);
    const cut = (x: Tensor): Tensor => x.slice({ axis: 0, start, end }).reshape([1, ...extent, ...x.shape.slice(1)]);
    const inputs = [query!, key!, value!].map(cut) as [Tensor, Tensor, Tensor];
    if (start === end) return [];
    start = end;
    const own = (x: Tensor): Tensor => x.slice({ axis: 0, start: i, end: i + 1 });
    const { output, logsumexp } = attend(...inputs, {
      ...options,
      ...(additionalKeys && { additionalKeys: own(additionalKeys) }),
      ...(additionalValues && { additionalValues: own(additionalValues) }),
      ...(rpb && { rpb }),
      returnLogsumexp: true,
    });
    return {
      output: output.reshape([-1, ...output.shape.slice(-2)]),
      logsumexp: logsumexp.reshape([-1, logsumexp.shape.at(-1)!]),
    };
  });
  return {
    output: concat(parts.map(({ output }) => output)),
    logsumexp: concat(parts.map(({ logsumexp }) => logsumexp)),
  };
}

function packed(tensors: Record<string, Tensor>, extents: number[][], options: NaOptions): Record<string, Tensor> {
  const { query, key, value, ...rest } = tensors;
  const [, attend] = ofRank[extents[0]!.length]!;
  return { ...attend(query!, key!, value!, { ...options, ...rest, extents, returnLogsumexp: true }) };
}

describe.each(devices)('packed maps on %s', (device) => {
  test.each(someFor(device, cases).map((item): [string, Case] => [JSON.stringify(item), item]))(
    '%s: each as by itself, with gradients and dropout',
    async (_, item) => {
      const inputs = draw(item);
      for (const options of [item.options, { ...item.options, dropout: 0.3 }]) {
        manualSeed(5);
        const want = await differentiate(device, inputs, (tensors) => mapByMap(tensors, item.extents, options));
        manualSeed(5);
        const got = await differentiate(device, inputs, (tensors) => packed(tensors, item.extents, options));
        expectClose(got, want, 1e-6);
      }
    },
  );

  test('maps without tokens alone give nothing, and gradients of 0', async () => {
    const item: Case = {
      extents: [
        [0, 3],
        [2, 0],
      ],
      options: { kernelSize: 2 },
      additional: 1,
      bias: [2, 3, 3],
    };
    const inputs = draw(item);
    const got = await differentiate(device, inputs, (tensors) => packed(tensors, item.extents, item.options));
    for (const [name, values] of Object.entries(got)) {
      const size = inputs[name.replace('gradient of ', '')]?.data.length ?? 0;
      expect(Array.from(values), name).toEqual(new Array(size).fill(0));
    }
  });
});

test('gradients are the central differences, through the bias that the maps share', async () => {
  await gradientCheck(
    (x, rpb) => na1dVarlen(x, x, x, { kernelSize: 3, extents: [[4], [3]], rpb }),
    [randn([7, 2, 3]), randn([2, 5])],
  );
});

test('the same without logsumexp, and nothing left behind', async () => {
  using x = randn([11, 2, 4], { requiresGrad: true });
  const before = memory().cpu!.tensors;
  const options = { kernelSize: 3, extents: [[4], [0], [7]] };
  const output = na1dVarlen(x, x, x, options);
  const both = na1dVarlen(x, x, x, { ...options, returnLogsumexp: true });
  expect(memory().cpu!.tensors).toBe(before + 3);
  expect(await output.data()).toEqual(await both.output.data());
  expect(both.logsumexp.shape).toEqual([11, 2]);
  for (const tensor of [output, both.output, both.logsumexp]) tensor.dispose();
  expect(memory().cpu!.tensors).toBe(before);
});

describe('bad input', () => {
  const x = (...shape: number[]): Tensor => randn(shape);
  const two = (options: object, tensors: Tensor[] = [x(21, 2, 4)]) => {
    const [query, key = query, value = key] = tensors as [Tensor, Tensor?, Tensor?];
    return () => scope(() => na2dVarlen(query, key, value, options as never));
  };
  const extents = [
    [3, 4],
    [3, 3],
  ];

  test.each<[() => unknown, string]>([
    [two({ kernelSize: 3 }), "na2dVarlen: needs the option 'extents'"],
    [two({ extents }), "na2dVarlen: needs the option 'kernelSize'"],
    [
      two({ kernelSize: 3, extents: 21 }),
      'na2dVarlen: extents must be an array of maps, each an array of sizes, got 21',
    ],
    [two({ kernelSize: 3, extents: [] }), 'na2dVarlen: extents is empty; give the sizes of at least one map'],
    [two({ kernelSize: 3, extents: [[3, 7], 5] }), 'na2dVarlen: extents of map 1 must be [X, Y], integers >= 0, got 5'],
    [two({ kernelSize: 3, extents: [[21]] }), 'na2dVarlen: extents of map 0 must be [X, Y], integers >= 0, got [21]'],
    [
      two({ kernelSize: 3, extents: [[3, -7]] }),
      'na2dVarlen: extents of map 0 must be [X, Y], integers >= 0, got [3, -7]',
    ],
    [
      two({ kernelSize: 3, extents: [[3, 4]] }),
      'na2dVarlen: the 1 maps of extents have 12 tokens, but query [21, 2, 4] has 21; they must be equal',
    ],
    [
      two({ kernelSize: 4, extents }),
      'na2dVarlen: map 0 [3, 4]: kernelSize 4 times dilation 1 spans 4 tokens, but axis X of query [1, 3, 4, 2, 4] has 3; use kernelSize <= 3',
    ],
    [
      two({ kernelSize: [3, 4], extents }),
      'na2dVarlen: map 1 [3, 3]: kernelSize 4 times dilation 1 spans 4 tokens, but axis Y of query [1, 3, 3, 2, 4] has 3; use kernelSize <= 3',
    ],
    [two({ kernelSize: 3, stride: 4, extents }), 'na2dVarlen: stride 4 is larger than kernelSize 3 along axis X'],
    [two({ kernelSize: [3], extents }), 'na2dVarlen: kernelSize [3] has 1 entry for 2 token axes'],
    [two({ kernelSize: 3, extents, strides: 1 }), "na2dVarlen: has no option 'strides'"],
    [two({ kernelSize: 3, extents, rpb: x(2, 5) }), 'rpb [2, 5] does not fit the problem; it must be [2, 5, 5]'],
    [
      two({ kernelSize: 3, extents }, [x(1, 21, 2, 4)]),
      'na2dVarlen: query [1, 21, 2, 4] has rank 4; it must be [total, N, D], of rank 3',
    ],
    [
      two({ kernelSize: 3, extents }, [x(21, 2, 4), x(20, 2, 4)]),
      'na2dVarlen: key [20, 2, 4] does not fit query [21, 2, 4]; 20 tokens must be 21, as many as the query has',
    ],
    [
      two({ kernelSize: 3, extents }, [x(21, 4, 4), x(21, 3, 4)]),
      "na2dVarlen: key [21, 3, 4] does not fit query [21, 4, 4]; 3 heads must divide the query's 4",
    ],
    [
      two({ kernelSize: 3, extents, additionalKeys: x(1, 1, 2, 4), additionalValues: x(2, 1, 2, 4) }),
      'na2dVarlen: additionalKeys [1, 1, 2, 4] does not fit 2 maps; it must be [2, n, Nkv, D], one entry for each map',
    ],
    [
      two({ kernelSize: 3, extents, additionalKeys: x(2, 1, 2, 4) }),
      'additionalKeys came without additionalValues; give both or neither',
    ],
  ])('%#', (run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(VicinalError);
  });
});
