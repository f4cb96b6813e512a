// The WebGPU programs for products of matrices and convolutions at sizes across the edges of their tiles, held to float64.

import { describe, expect, test } from 'vitest';
import { conv2d, device, linear, matmul, ones, randn, scope, zeros } from '../../index.ts';
import { conv2dInputGrad, conv2dWeightGrad, linearWeightGrad } from '../../kernels/index.ts';
import { matrixPanel, panelParams } from '../../kernels/matmul/panel.webgpu.ts';
import { multiplyTiled, tiles } from '../../kernels/matmul/product.webgpu.ts';
import { unitSource } from '../../kernels/matmul/subgroupMatrix.webgpu.ts';
import { rowsParams, rowsTarget } from '../../kernels/matmul/target.webgpu.ts';
import { tiledSource } from '../../kernels/matmul/tile.webgpu.ts';
import { openGpu } from '../../kernels/runtime/webgpu/gpu.ts';
import { programText } from '../../kernels/runtime/webgpu/program.ts';
import { places } from '../../kernels/runtime/webgpu/types.ts';
import type { Tensor } from '../../tensor/tensor.ts';

await device('webgpu');
const on = { device: 'webgpu' } as const;

/** A matrix whose second (or, turned, first) axis is contiguous; `margin` columns are cut off in front. */
function matrix(rows: number, columns: number, turned = false, margin = 0): Tensor {
  const whole = randn(turned ? [columns, rows + margin] : [rows, columns + margin], on);
  const cut = margin === 0 ? whole : whole.slice({ axis: 1, start: margin });
  return turned ? cut.transpose() : cut;
}

/** The largest error of c [..., M, N] against a [..., M, K] · b [K, N] + bias in float64, relative to √K. */
async function worstOf(c: Tensor, a: Tensor, b: Tensor, bias?: Tensor): Promise<number> {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const [got, left, right, added] = await Promise.all([
    c.data(),
    a.contiguous().data(),
    b.contiguous().data(),
    bias?.data(),
  ]);
  const shift = b.rank > 2 ? k * n : 0;
  let worst = got.length === (a.size / k) * n ? 0 : Infinity;
  for (let row = 0; row < a.size / k; row++) {
    const from = Math.floor(row / m) * shift;
    const sums = Float64Array.from({ length: n }, (_, j) => added?.[j] ?? 0);
    for (let l = 0; l < k; l++) {
      for (let j = 0; j < n; j++) sums[j]! += left[row * k + l]! * right[from + l * n + j]!;
    }
    for (let j = 0; j < n; j++) worst = Math.max(worst, Math.abs(sums[j]! - got[row * n + j]!));
  }
  return worst / Math.sqrt(k);
}

const close = 4e-6;

describe('every tile', () => {
  // Sizes beyond one tile and no multiple of it; each operand along K and along its rows, by vec4 and one by one.
  test.each([
    { tile: 0, m: 132, k: 32, n: 136, aTurned: false, bTurned: false, margin: 0 },
    { tile: 1, m: 136, k: 20, n: 72, aTurned: true, bTurned: true, margin: 0 },
    { tile: 2, m: 70, k: 17, n: 131, aTurned: false, bTurned: false, margin: 1 },
    { tile: 3, m: 67, k: 35, n: 65, aTurned: true, bTurned: true, margin: 3 },
    { tile: 4, m: 33, k: 40, n: 50, aTurned: false, bTurned: true, margin: 0 },
  ])('$tile: $m × $k × $n', async ({ tile, m, k, n, aTurned, bTurned, margin }) => {
    const a = matrix(m, k, aTurned, aTurned ? 0 : margin);
    const b = matrix(k, n, bTurned, bTurned ? 0 : margin);
    const out = zeros([m, n], on);
    const [left, right] = [
      { tensor: a, outer: a.strides[0]!, k: a.strides[1]!, batch: [] },
      { tensor: b, outer: b.strides[1]!, k: b.strides[0]!, batch: [] },
    ];
    multiplyTiled({ a: left, b: right, m, n, k, batch: [], out }, tiles[tile]![0]);
    expect(await worstOf(out, a, b)).toBeLessThan(close);
    const [again, sums] = [zeros([m, n], on), zeros([m], on)];
    multiplyTiled({ a: left, b: right, m, n, k, batch: [], out: again, sums }, tiles[tile]![0]);
    expect(await again.data()).toEqual(await out.data());
    expect(await worstOf(sums, a, ones([k, 1], on))).toBeLessThan(close);
  });
});

describe('matmul', () => {
  test.each([
    ['slices of a long K', 40, 3000, 41],
    ['slices of a long K in one row', 1, 30000, 3],
    ['a row', 1, 257, 300],
    ['a column', 300, 260, 1],
    ['three columns', 129, 70, 3],
  ])('%s', async (_title, m, k, n) => {
    for (const turned of [false, true]) {
      const [a, b] = [matrix(m, k, turned), matrix(k, n, turned)];
      expect(await worstOf(matmul(a, b), a, b)).toBeLessThan(close);
    }
  });

  test('batches, also of rows of one matrix', async () => {
    const [a, b] = [randn([3, 50, 40], on), randn([3, 40, 48], on)];
    expect(await worstOf(matmul(a, b), a, b)).toBeLessThan(close);
    const one = randn([40, 48], on);
    expect(await worstOf(matmul(a, one), a, one)).toBeLessThan(close);
  });

  test('gives the same bits again', async () => {
    const [a, b] = [matrix(40, 3000), matrix(3000, 41)];
    const [first, second] = [await matmul(a, b).data(), await matmul(a, b).data()];
    expect(first).toEqual(second);
  });

  test("a map's gradients by weight and bias, through slices", async () => {
    const [x, gradient] = [randn([5, 613, 24], on), randn([5, 613, 52], on)];
    const [weight, bias] = linearWeightGrad(x, gradient);
    const turned = gradient.reshape([3065, 52]).transpose();
    expect(await worstOf(weight, turned, x.reshape([3065, 24]))).toBeLessThan(close);
    expect(await worstOf(bias, turned, ones([3065, 1], on))).toBeLessThan(close);
  });

  test('bias, also with a stride and after slices', async () => {
    const every = randn([45, 2], on);
    const bias = every.slice({ axis: 1, start: 1 }).reshape([45]);
    for (const k of [64, 3000]) {
      const [x, weight] = [randn([48, k], on), randn([45, k], on)];
      expect(await worstOf(linear(x, weight, bias), x, weight.transpose(), bias)).toBeLessThan(close);
    }
  });

  test.each([
    ['one by one', 3, 5, 7],
    ['few columns', 70, 40, 3],
    ['tiles, by vec4', 64, 40, 96],
    ['after slices', 48, 3000, 45],
  ])('an activation, %s', async (_name, m, k, n) => {
    const [x, weight, bias] = [randn([m, k], on), randn([n, k], on), randn([n], on)];
    for (const activation of ['relu', 'gelu', 'silu'] as const) {
      const difference = linear(x, weight, bias, { activation }).sub(linear(x, weight, bias)[activation]());
      expect(await difference.abs().max().item(), activation).toBeLessThan(close * Math.sqrt(k));
    }
  });
});

test('convolutions by tiles agree with the CPU', async () => {
  const options = { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 };
  const [x, weight] = [randn([3, 12, 19, 21], { device: 'cpu' }), randn([80, 6, 3, 3], { device: 'cpu' })];
  const bias = randn([80], { device: 'cpu' });
  const run = (name: 'cpu' | 'webgpu'): Tensor[] =>
    scope(() => {
      const [onX, onWeight] = [x.to(name), weight.to(name)];
      const y = conv2d(onX, onWeight, bias.to(name), options);
      return [
        y,
        conv2dInputGrad(y, onWeight, { ...options, size: [19, 21] }),
        conv2dWeightGrad(onX, y, { ...options, kernelSize: [3, 3] }),
      ];
    });
  const [want, got] = [run('cpu'), run('webgpu')];
  for (const [i, tensor] of got.entries()) {
    const [left, right] = [await tensor.data(), await want[i]!.data()];
    let [scale, worst] = [0, 0];
    for (const [j, value] of right.entries()) {
      scale = Math.max(scale, Math.abs(value));
      worst = Math.max(worst, Math.abs(value - left[j]!));
    }
    expect(worst / scale, `output ${i}`).toBeLessThan(2e-6);
  }
});

test('the programs in half precision compile', async () => {
  const gpu = await openGpu(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  const adapter = (await gpu.requestAdapter())!;
  const features = ['subgroups', 'shader-f16', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[];
  const bare = await adapter.requestDevice({ requiredFeatures: features });
  const where = places(1, ['a', 'b']);
  const parts = (element: string, out: string) => ({
    buffers: [['a', element] as const, ['b', element] as const, ['c', out, 'write'] as const, ['bias', 'f16'] as const],
    params: [...rowsParams, ...panelParams('a'), ...panelParams('b'), ...where.params],
    places: where.code,
  });
  const target = rowsTarget('float16', true, { bias: 'float16', activation: 'gelu' });
  const withSums = rowsTarget('float32', true, {}, true);
  const unit = { m: 16, n: 16, k: 16, lanes: 32 };
  const panel = (x: 'a' | 'b') => matrixPanel(x, 'float16', { along: x === 'a' ? 'k' : 'outer', wide: true }, true);
  const sources = [
    unitSource(unit, { down: 4, across: 2 }, ['k', 'outer'], false, target, parts('vec4u', 'vec4h')),
    unitSource(unit, { down: 2, across: 2 }, ['outer', 'k'], true, target, parts('vec4u', 'vec4h')),
    tiledSource('matmul', tiles[0]![0], [panel('a'), panel('b')], target, parts('vec4h', 'vec4h')),
    ...[
      { down: 4, across: 2 },
      { down: 2, across: 1 },
    ].map((tile) => unitSource(unit, tile, ['outer', 'outer'], true, withSums, parts('vec4u', 'vec4f'))),
    tiledSource('matmul', tiles[0]![0], [panel('a'), panel('b')], withSums, parts('vec4h', 'vec4f')),
  ];
  for (const source of sources) {
    const { messages } = await bare.createShaderModule({ code: programText(source) }).getCompilationInfo();
    expect(messages.map(({ lineNum, message }) => `${lineNum}: ${message}`)).toEqual([]);
  }
  bare.destroy();
});
