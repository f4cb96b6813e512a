import { describe, expect, test } from 'vitest';
import type { NaOptions, Tensor } from '../../../index.ts';
import type { Measured } from '../../../kernels/neighborhood/chooseTable.ts';
import type { NaProblem } from '../../../kernels/neighborhood/problem.ts';
import type { Axis } from '../../../kernels/neighborhood/window.ts';
import type { Results } from './attend.ts';
import { grad, manualSeed, noGrad, scope, tensor } from '../../../index.ts';
import { choose, fastest } from '../../../kernels/neighborhood/choose.ts';
import { measured } from '../../../kernels/neighborhood/chooseTable.ts';
import { neighborhoodAttention } from '../../../kernels/neighborhood/neighborhoodAttention.ts';
import { readCall } from '../../../kernels/neighborhood/options.ts';
import { resolveProblem } from '../../../kernels/neighborhood/problem.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { drawOperands, expectNear, implemented, run, uploadAll } from './attend.ts';

function randn(shape: number[], requiresGrad = false, seed = 1): Tensor {
  return tensor(new Generator(seed).normal(sizeOf(shape)), { shape, requiresGrad });
}

function axesOf(length: number, kernelSize: number, isCausal = false): Axis[] {
  return [{ length, kernelSize, stride: 1, dilation: 1, isCausal }];
}

describe('the measured problem that is most like the one at hand decides', () => {
  const table: Measured[] = [
    ['cpu', [100], [10], 32, [1, 2, 9], [4, 3, 9]],
    ['cpu', [100], [100], 32, [9, 20, 5], [40, 50, 33]],
    ['cpu', [10, 10], [3, 3], 32, [2, 1, 9], [2, 9, 1]],
    ['webgpu', [100], [10], 32, [1, 2, 0.1], [4, 3, 0.1]],
  ];
  const at = (axes: Axis[], needsGrad = false, device: 'cpu' | 'webgpu' | 'reference' = 'cpu') =>
    fastest({ device, axes, dim: 32, needsGrad }, table);

  test('by the share that a query sees, the tokens and their axes', () => {
    expect(at(axesOf(100, 10))).toBe('fused');
    expect(at(axesOf(200, 22))).toBe('fused');
    expect(at(axesOf(100, 95))).toBe('dense');
    expect(at([...axesOf(10, 3), ...axesOf(10, 3)])).toBe('unfused');
  });

  test('causal queries see less', () => {
    expect(at(axesOf(100, 31))).toBe('fused');
    expect(at(axesOf(100, 36))).toBe('dense');
    expect(at(axesOf(100, 36, true))).toBe('fused');
  });

  test('forward alone and with backward', () => {
    expect(at(axesOf(100, 10), true)).toBe('unfused');
    expect(at([...axesOf(10, 3), ...axesOf(10, 3)], true)).toBe('dense');
    // 33 is no fifth less than 40: not worth the memory.
    expect(at(axesOf(100, 100), true)).toBe('fused');
  });

  test('by device; one without measurements is left to the fused operation', () => {
    expect(at(axesOf(100, 10), false, 'webgpu')).toBe('dense');
    expect(at(axesOf(100, 100), false, 'reference')).toBe('fused');
  });
});

test('every measured problem is a problem, and costs something', () => {
  for (const [, tokens, kernelSize, dim, forward, step] of measured) {
    expect(() => resolveProblem('table', tokens, { kernelSize }, tokens)).not.toThrow();
    expect(dim).toBeGreaterThan(0);
    expect([...forward, ...step].every((time) => time > 0 && Number.isFinite(time))).toBe(true);
  }
});

describe('auto', () => {
  const chosen = (shape: number[], options: NaOptions): string =>
    scope(() => {
      const x = randn(shape);
      return choose(readCall('na', { query: x, key: x, value: x }, options));
    });

  test('small windows of many tokens are fused', () => {
    expect(chosen([1, 56, 56, 1, 4], { kernelSize: 7 })).toBe('fused');
    expect(chosen([1, 28, 28, 1, 4], { kernelSize: 7, dilation: 2, isCausal: true })).toBe('fused');
  });

  test('windows of all tokens need no mask, unless something else does', () => {
    const isPlain = (shape: number[], options: NaOptions): boolean =>
      chosen(shape, { ...options, dropout: 0.1 }) === 'plain';
    expect(isPlain([1, 7, 6, 1, 4], { kernelSize: [7, 6] })).toBe(true);
    expect(isPlain([1, 7, 6, 1, 4], { kernelSize: [7, 6], stride: [2, 3] })).toBe(true);
    expect(isPlain([1, 7, 6, 1, 4], { kernelSize: [7, 5] })).toBe(false);
    expect(isPlain([1, 7, 6, 1, 4], { kernelSize: [7, 6], isCausal: [true, false] })).toBe(false);
    expect(isPlain([1, 7, 1, 4], { kernelSize: 7, isCausal: true })).toBe(true);
    expect(isPlain([1, 1, 7, 1, 4], { kernelSize: [1, 7], isCausal: [false, true] })).toBe(true);
    scope(() => {
      const more = { additionalKeys: randn([1, 2, 1, 4]), additionalValues: randn([1, 2, 1, 4]) };
      expect(isPlain([1, 7, 1, 4], { kernelSize: 7, ...more })).toBe(true);
      expect(isPlain([1, 7, 1, 4], { kernelSize: 7, isCausal: true, ...more })).toBe(false);
      expect(isPlain([1, 7, 1, 4], { kernelSize: 7, rpb: randn([1, 13]) })).toBe(false);
    });
  });

  test('tiles ask for the fused operation', () => {
    expect(chosen([1, 64, 1, 4], { kernelSize: 64, queryTileSize: [8] })).toBe('fused');
  });

  test.each<[number[], NaOptions]>([
    [[2, 5, 6, 2, 4], { kernelSize: [5, 6] }],
    [[2, 5, 6, 2, 4], { kernelSize: [5, 6], dropout: 0.4 }],
    [[2, 9, 2, 4], { kernelSize: 9, isCausal: true, stride: 4 }],
    [[2, 9, 2, 4], { kernelSize: 9, isCausal: true, dropout: 0.4 }],
    [[1, 16, 16, 2, 8], { kernelSize: 16 }],
    [[1, 16, 16, 2, 8], { kernelSize: 15 }],
  ])('gives what the fused operation gives: %j %j', (shape, options) => {
    const all = (implementation: 'auto' | 'fused', isAdded: boolean): number[][] =>
      scope(() => {
        const inputs = [1, 2, 3].map((seed) => randn(shape, true, seed)) as [Tensor, Tensor, Tensor];
        const [batch, heads, dim] = [shape[0]!, ...shape.slice(-2)] as [number, number, number];
        const more = [4, 5].map((seed) => randn([batch, 3, heads, dim], true, seed)) as [Tensor, Tensor];
        const additional = isAdded ? { additionalKeys: more[0], additionalValues: more[1] } : {};
        const run = () => {
          manualSeed(2);
          return neighborhoodAttention(...inputs, { ...options, ...additional, implementation, returnLogsumexp: true });
        };
        const { output, logsumexp } = run();
        const loss = output.square().sum().add(logsumexp.mul(0.3).sum());
        const grads = grad(loss, [...inputs, ...(isAdded ? more : [])]);
        const alone = noGrad(run);
        return [output, logsumexp, alone.output, alone.logsumexp, ...grads].map((x) => {
          return [...x.shape, ...x.dataNow()!];
        });
      });
    for (const isAdded of [false, true]) {
      const [got, want] = [all('auto', isAdded), all('fused', isAdded)];
      want.forEach((values, n) => {
        expect(got[n]).toHaveLength(values.length);
        const worst = values.reduce((most, x, i) => Math.max(most, Math.abs(x - got[n]![i]!)), 0);
        expect(worst).toBeLessThan(2e-5);
      });
    }
  });
});

describe('windows of everything, causal along an axis of one token', () => {
  test.each<[number[], NaProblem]>([
    [[1, 9], { kernelSize: [1, 9], isCausal: [true, false] }],
    [[9, 1], { kernelSize: [9, 1], isCausal: [false, true] }],
    [[1, 9, 1], { kernelSize: [1, 9, 1], isCausal: [true, false, true] }],
    [[1, 9], { kernelSize: [1, 9], isCausal: [true, true] }],
    [[3, 1, 4], { kernelSize: [3, 1, 4], isCausal: [false, true, false] }],
  ])('over %j, %j', (tokens, problem) => {
    const operands = drawOperands([2, ...tokens, 2, 4], 2);
    scope(() => {
      const { query, key, value } = uploadAll(operands);
      expect(choose(readCall('test', { query, key, value }, problem))).toBe('plain');
    });
    for (const options of [problem, { ...problem, dropout: 0.3 }] satisfies NaOptions[]) {
      const by = (implementation: 'auto' | 'fused' | 'unfused' | 'dense', device: 'cpu' | 'reference'): Results => {
        manualSeed(5);
        return run(implemented(implementation, options), operands, device);
      };
      const want = by('fused', 'reference');
      for (const implementation of ['auto', 'fused', 'unfused', 'dense'] as const)
        expectNear(by(implementation, 'cpu'), want, 1e-5, 1e-5);
    }
  });
});
