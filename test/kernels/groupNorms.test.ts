import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { groupNorm, instanceNorm, layerNorm, memory, randn, rmsNorm, scope, tensor, zeros } from '../../index.ts';
import { secondOrderError, withThreads } from './operands.ts';

const x = randn([3, 4, 5, 6]);

/** The largest difference between two tensors. */
function distance(a: Tensor, b: Tensor): number {
  return scope(() => a.sub(b).abs().max().dataNow()![0]!);
}

test('one group is layerNorm of all but the batch, as many as channels are instanceNorm', () => {
  scope(() => {
    expect(distance(groupNorm(x, 1), layerNorm(x, undefined, undefined, { normalizedShape: [4, 5, 6] }))).toBeLessThan(
      1e-5,
    );
    const [weight, bias] = [randn([4]), randn([4])];
    expect(distance(groupNorm(x, 4, weight, bias), instanceNorm(x, weight, bias))).toBeLessThan(1e-5);
  });
});

test('rmsNorm has rows whose mean of squares is 1', () => {
  scope(() => {
    const squares = rmsNorm(x).square().mean({ axis: -1 }).dataNow()!;
    for (const value of squares) expect(value).toBeCloseTo(1, 5);
  });
});

test('can be differentiated twice', () => {
  const of = (run: (...inputs: Tensor[]) => Tensor, ...shapes: number[][]): void =>
    expect(secondOrderError(run, shapes)).toBeLessThan(1e-5);
  of((t, w, b) => groupNorm(t, 2, w, b), [2, 4, 3], [4], [4]);
  of((t, w) => rmsNorm(t, w), [3, 5], [5]);
  of((t, w) => instanceNorm(t, w), [2, 3, 4], [3]);
});

test('gives the same bits for any number of threads', async () => {
  const wide = randn([8, 32, 24, 24]);
  for (const run of [() => groupNorm(wide, 8), () => rmsNorm(wide), () => instanceNorm(wide)]) {
    const [one, two, four] = await withThreads(run);
    expect(Buffer.compare(bytes(one!), bytes(two!))).toBe(0);
    expect(Buffer.compare(bytes(one!), bytes(four!))).toBe(0);
  }
  wide.dispose();
});

function bytes(data: ArrayLike<number>): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

describe('instanceNorm with running statistics', () => {
  const images = tensor([1, 3, 2, 6, 0, 4, 5, 5], { shape: [2, 2, 2] });

  test('blends in the means over samples of mean and unbiased variance', () => {
    const [runningMean, runningVar] = [zeros([2]), tensor([1, 1])];
    instanceNorm(images, undefined, undefined, { runningMean, runningVar, momentum: 0.5 }).dispose();
    // Means of the maps: 2, 4, 2, 5; unbiased variances: 2, 8, 8, 0.
    [1, 2.25].forEach((want, i) => expect(runningMean.dataNow()![i]).toBeCloseTo(want, 5));
    [3, 2.5].forEach((want, i) => expect(runningVar.dataNow()![i]).toBeCloseTo(want, 4));
    runningMean.dispose();
    runningVar.dispose();
  });

  test('uses them when it is told to', () => {
    scope(() => {
      const options = { runningMean: tensor([1, 2]), runningVar: tensor([4, 9]), useInputStats: false, eps: 0 };
      const y = instanceNorm(images, undefined, undefined, options).dataNow()!;
      [0, 1, 0, 4 / 3, -0.5, 1.5, 1, 1].forEach((want, i) => expect(y[i]).toBeCloseTo(want, 6));
    });
  });
});

test('leave nothing behind', () => {
  const before = memory().cpu!.tensors;
  groupNorm(x, 2).dispose();
  rmsNorm(x).dispose();
  instanceNorm(x).dispose();
  expect(memory().cpu!.tensors).toBe(before);
});

describe('refusals', () => {
  test.each<[string, () => Tensor]>([
    ['groupNorm: x [3, 4, 5, 6] has 4 channels; 3 groups must divide them', () => groupNorm(x, 3)],
    ['rmsNorm: x of shape [3, 4, 5, 6] must end in normalizedShape [5]', () => rmsNorm(x, zeros([5]))],
    ['instanceNorm: x of shape [2, 3] must be [N, C, *, ...]', () => instanceNorm(zeros([2, 3]))],
    ['has one position per map; it needs two', () => instanceNorm(zeros([2, 3, 1]))],
    ['weight has shape [3]; it must be [4]', () => instanceNorm(x, zeros([3]))],
    ['come together', () => instanceNorm(x, undefined, undefined, { runningMean: zeros([4]) })],
    ['without useInputStats it needs', () => instanceNorm(x, undefined, undefined, { useInputStats: false })],
  ])('%s', (message, call) => {
    expect(() => scope(call)).toThrow(message);
  });
});
