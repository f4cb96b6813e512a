// NATTEN's own grids of problems, scaled down: its patterns of sizes, strides and dilations, with every mix of causal axes.

import { describe, test } from 'vitest';
import { drawOperands, expectNear, fused, run } from './attend.ts';

/** [token axes, kernel size, stride, dilation]. */
type Row = readonly [
  tokens: readonly number[],
  kernelSize: readonly number[],
  stride?: readonly number[],
  dilation?: readonly number[],
];

const lines: readonly Row[] = [
  [[128], [127], [41]],
  [[128], [63], [31]],
  [[128], [128]],
  [[512], [32], [32]],
  [[512], [32], [4]],
  [[512], [32], [2]],
  [[512], [32]],
  [[128], [3]],
  [[128], [3], [2], [5]],
  [[128], [15]],
  [[128], [3], [2], [10]],
  [[128], [8], [7], [5]],
  [[128], [61], [33]],
  [[125], [3]],
  [[125], [15]],
  [[256], [3], [2], [10]],
];

const planes: readonly Row[] = [
  [
    [5, 25],
    [5, 16],
    [1, 16],
  ],
  [
    [42, 19],
    [7, 3],
    [1, 1],
    [5, 1],
  ],
  [
    [19, 29],
    [8, 8],
    [1, 1],
    [2, 3],
  ],
  [
    [24, 17],
    [12, 16],
    [1, 1],
    [2, 1],
  ],
  [
    [31, 40],
    [6, 3],
    [4, 2],
    [5, 11],
  ],
  [
    [8, 8],
    [8, 8],
  ],
  [
    [17, 17],
    [12, 8],
  ],
  [
    [12, 12],
    [12, 12],
  ],
  [
    [11, 20],
    [11, 20],
  ],
  [
    [40, 20],
    [3, 7],
  ],
  [
    [16, 16],
    [3, 3],
  ],
  [
    [22, 20],
    [9, 5],
  ],
  [
    [14, 20],
    [9, 16],
  ],
  [
    [12, 14],
    [12, 14],
    [4, 5],
  ],
  [
    [11, 16],
    [11, 16],
    [2, 4],
  ],
  [
    [35, 10],
    [7, 9],
    [1, 1],
    [5, 1],
  ],
  [
    [35, 23],
    [7, 7],
    [1, 3],
    [5, 1],
  ],
  [
    [32, 32],
    [4, 4],
  ],
  [
    [32, 32],
    [4, 4],
    [1, 1],
    [4, 4],
  ],
  [
    [20, 20],
    [10, 10],
    [1, 1],
    [2, 2],
  ],
  [
    [20, 20],
    [10, 10],
    [1, 1],
    [1, 2],
  ],
  [
    [9, 24],
    [8, 12],
    [1, 1],
    [1, 2],
  ],
  [
    [24, 25],
    [8, 5],
    [1, 1],
    [3, 5],
  ],
  [
    [11, 20],
    [8, 8],
    [6, 4],
  ],
  [
    [11, 20],
    [6, 6],
    [2, 4],
  ],
  [
    [8, 8],
    [8, 8],
    [4, 5],
  ],
  [
    [8, 8],
    [8, 8],
    [4, 8],
  ],
  [
    [11, 11],
    [10, 10],
  ],
  [
    [12, 20],
    [6, 6],
    [2, 2],
  ],
];

const volumes: readonly Row[] = [
  [
    [10, 6, 9],
    [5, 3, 3],
    [4, 1, 1],
    [1, 2, 3],
  ],
  [
    [7, 7, 13],
    [3, 3, 3],
    [2, 1, 2],
    [2, 2, 4],
  ],
  [
    [6, 13, 4],
    [5, 6, 4],
    [4, 3, 1],
    [1, 2, 1],
  ],
  [
    [9, 8, 7],
    [3, 4, 3],
    [2, 3, 3],
    [3, 2, 2],
  ],
  [
    [5, 5, 5],
    [5, 5, 5],
  ],
  [
    [6, 4, 6],
    [5, 3, 5],
  ],
  [
    [5, 5, 5],
    [5, 5, 5],
    [2, 4, 5],
  ],
  [
    [8, 6, 6],
    [4, 4, 4],
    [2, 1, 3],
    [2, 1, 1],
  ],
  [
    [4, 6, 10],
    [3, 4, 4],
    [2, 3, 2],
  ],
  [
    [8, 5, 5],
    [3, 5, 5],
  ],
  [
    [4, 7, 17],
    [2, 3, 8],
    [1, 2, 8],
    [2, 2, 2],
  ],
  [
    [4, 4, 6],
    [3, 4, 5],
    [2, 3, 4],
  ],
  [
    [9, 8, 8],
    [3, 2, 4],
    [1, 1, 1],
    [3, 4, 2],
  ],
  [
    [4, 6, 5],
    [4, 6, 5],
    [2, 3, 3],
  ],
  [
    [5, 6, 7],
    [3, 4, 5],
  ],
  [
    [6, 6, 6],
    [4, 5, 3],
  ],
  [
    [11, 4, 4],
    [5, 4, 4],
    [1, 1, 1],
    [2, 1, 1],
  ],
];

/** Heads of query and key, head dims of key and value: each row of the grid takes the next. */
const shapes = [
  { heads: 4, headsKv: 1, dim: 8, dimValue: 8 },
  { heads: 1, headsKv: 1, dim: 16, dimValue: 24 },
  { heads: 2, headsKv: 2, dim: 8, dimValue: 16 },
  { heads: 4, headsKv: 2, dim: 24, dimValue: 8 },
  { heads: 3, headsKv: 1, dim: 13, dimValue: 13 },
];

describe.each([
  ['one axis', lines],
  ['two axes', planes],
  ['three axes', volumes],
])('%s', (_, rows) => {
  test.each(rows.map((row, i) => [JSON.stringify(row), row, i] as const))('%s', (_name, row, i) => {
    const [tokens, kernelSize, stride = tokens.map(() => 1), dilation = tokens.map(() => 1)] = row;
    const { heads, headsKv, dim, dimValue } = shapes[i % shapes.length]!;
    const drawn = drawOperands([1, ...tokens, heads, dim], i, 1, { headsKv, dimValue });
    const gradOutput = { shape: drawn.gradOutput.shape, data: Array.from(drawn.gradOutput.data, (x) => 0.05 * x) };
    const operands = { ...drawn, gradOutput };
    for (let mix = 0; mix < 2 ** tokens.length; mix++) {
      const isCausal = tokens.map((_length, axis) => ((mix >> axis) & 1) === 1);
      const attend = fused({ kernelSize, stride, dilation, isCausal });
      expectNear(run(attend, operands), run(attend, operands, 'reference'), 1e-5, 1e-5);
    }
  });
});
