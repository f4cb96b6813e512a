import { expect, test } from 'vitest';
import type { Tensor } from '../../../index.ts';
import { grad, scope, tensor } from '../../../index.ts';
import { pairDropout } from '../../../kernels/dropout/pairDropout.ts';
import { philox } from '../../../tensor/philox.ts';
import { hostDevices } from '../../devices.ts';
import { expectSameBits } from '../threads.ts';

function ones(shape: number[], device: 'cpu' | 'reference' = 'cpu', requiresGrad = false): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(new Float32Array(size).fill(1), { shape, device, requiresGrad });
}

/** Which weights are kept, by the rule itself. */
function keptOf(shape: number[], keyOf: (query: number, slot: number) => number, p: number, seed: number): number[] {
  const [batches, heads, tokens, slots] = shape as [number, number, number, number];
  const kept: number[] = [];
  for (let b = 0; b < batches; b++) {
    for (let n = 0; n < heads; n++) {
      for (let t = 0; t < tokens; t++) {
        for (let m = 0; m < slots; m++) {
          const key = keyOf(t, m);
          const word = philox(seed, 0, Math.floor(key / 4), t, n, b)[key % 4]!;
          kept.push(Number(word >= Math.round(p * 2 ** 32)));
        }
      }
    }
  }
  return kept;
}

test.each([0, 1, 0x80000000, 0xffffffff])('the bits of a pair are those of Philox, seed %i', (seed) => {
  scope(() => {
    for (const device of hostDevices) {
      for (const shape of [
        [2, 3, 5, 7],
        [1, 2, 3, 4],
        [3, 1, 2, 1],
        [1, 1, 2, 33],
      ]) {
        const [, , tokens, slots] = shape as [number, number, number, number];
        for (const p of [0.5, 0.05, 0.97]) {
          const keyOf = (t: number, m: number): number => (t * 7919 + m * 31) % 1000;
          const numbers = Array.from({ length: tokens * slots }, (_, i) => keyOf(Math.floor(i / slots), i % slots));
          const keys = tensor(Int32Array.from(numbers), { shape: [tokens, slots], device });
          const y = pairDropout(ones(shape, device as 'cpu'), keys, { p, seed });
          expect(Array.from(y.dataNow()!, (v) => Number(v !== 0))).toEqual(keptOf(shape, keyOf, p, seed));
        }
      }
    }
  });
});

test('one row of keys stands for all queries', () => {
  scope(() => {
    const x = ones([2, 2, 6, 9]);
    const row = tensor(Int32Array.from({ length: 9 }, (_, m) => m));
    const all = tensor(
      Int32Array.from({ length: 54 }, (_, i) => i % 9),
      { shape: [6, 9] },
    );
    const attrs = { p: 0.4, seed: 12 };
    expect(pairDropout(x, row.unsqueeze(0), attrs).dataNow()).toEqual(pairDropout(x, all, attrs).dataNow());
  });
});

test('backward drops what forward dropped', () => {
  for (const device of hostDevices) {
    scope(() => {
      const x = ones([2, 3, 8, 5], device as 'cpu', true);
      const keys = tensor(
        Int32Array.from({ length: 40 }, (_, i) => i * 3),
        { shape: [8, 5], device },
      );
      const y = pairDropout(x, keys, { p: 0.3, seed: 99 });
      const [dx] = grad(y.sum(), [x]);
      expect(dx!.dataNow()).toEqual(y.dataNow());
    });
  }
});

test('about 1 - p are kept, scaled by 1 / (1 - p), whatever batch entry, head, query and key', () => {
  scope(() => {
    const [tokens, slots] = [60, 90];
    const keys = tensor(
      Int32Array.from({ length: slots }, (_, m) => m),
      { shape: [1, slots] },
    );
    const y = pairDropout(ones([4, 5, tokens, slots]), keys, { p: 0.3, seed: 5 }).dataNow()!;
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / Math.fround(0.7))]));
    const shares = (of: (i: number) => number, groups: number): number[] => {
      const sums = Array.from({ length: groups }, () => 0);
      y.forEach((v, i) => (sums[of(i)]! += Number(v !== 0)));
      return sums.map((sum) => (sum * groups) / y.length);
    };
    const groups = [
      shares((i) => Math.floor(i / (5 * tokens * slots)), 4),
      shares((i) => Math.floor(i / (tokens * slots)) % 5, 5),
      shares((i) => Math.floor(i / slots) % tokens, tokens),
      shares((i) => i % slots, slots),
    ];
    for (const group of groups) {
      const deviation = Math.sqrt((0.3 * 0.7 * group.length) / y.length);
      for (const share of group) expect(Math.abs(share - 0.7)).toBeLessThan(5 * deviation);
    }
  });
});

test('p = 1 drops NaN too, p = 0 keeps all', () => {
  scope(() => {
    const x = tensor([1, NaN, Infinity, -2]).reshape([1, 1, 1, 4]);
    const keys = tensor(Int32Array.of(0, 1, 2, 3), { shape: [1, 4] });
    expect(Array.from(pairDropout(x, keys, { p: 1, seed: 3 }).dataNow()!)).toEqual([0, 0, 0, 0]);
    expect(Array.from(pairDropout(x, keys, { p: 0, seed: 3 }).dataNow()!)).toEqual([1, NaN, Infinity, -2]);
  });
});

test('threads do not change a bit', async () => {
  const keys = tensor(
    Int32Array.from({ length: 300 }, (_, m) => m),
    { shape: [1, 300] },
  );
  await expectSameBits(() => pairDropout(ones([2, 4, 150, 300]), keys, { p: 0.2, seed: 11 }));
  keys.dispose();
});
