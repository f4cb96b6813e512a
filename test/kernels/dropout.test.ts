import { expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { dropout, dropPath, grad, manualSeed, scope, tensor } from '../../index.ts';
import { seededDropout } from '../../kernels/index.ts';
import { Generator } from '../../tensor/philox.ts';
import { devices } from '../devices.ts';
import { expectSameBits } from './threads.ts';

function ones(shape: number[], device: 'cpu' | 'reference' = 'cpu', requiresGrad = false): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(new Float32Array(size).fill(1), { shape, device, requiresGrad });
}

/** Which elements are kept. */
function mask(x: Tensor): number[] {
  return Array.from(x.dataNow()!, (v) => Number(v !== 0));
}

test.each([0, 1, 7, 0x80000000, 0xffffffff])('kernels draw the bits of the generator, seed %i', (seed) => {
  scope(() => {
    for (const n of [1, 3, 16, 17, 100, 5003]) {
      for (const p of [0.5, 0.01, 0.99]) {
        const want = Array.from(new Generator(seed).bits(n), (word) => Number(word >= Math.round(p * 2 ** 32)));
        expect(mask(seededDropout(ones([n]), { p, seed }))).toEqual(want);
        if (n > 100) continue;
        expect(mask(seededDropout(ones([n], 'reference'), { p, seed }))).toEqual(want);
        expect(mask(seededDropout(ones([n, 5]), { p, seed, share: 5 }))).toEqual(want.flatMap((v) => Array(5).fill(v)));
      }
    }
  });
});

test('the same seed drops the same on every device, and backward the same as forward', async () => {
  for (const body of [dropout, dropPath]) {
    const reads = devices.map((device) =>
      scope(() => {
        manualSeed(3);
        const x = ones([40, 7], device as 'cpu', true);
        const y = body(x, { p: 0.4 });
        const [dx] = grad(y, [x], { gradOutput: ones([40, 7], device as 'cpu') });
        return [dx!.data(), y.data()];
      }),
    );
    const results = await Promise.all(reads.map((pair) => Promise.all(pair)));
    for (const [dx, y] of results) {
      expect(dx).toEqual(y);
      expect(Array.from(y!, Boolean)).toEqual(Array.from(results[0]![1]!, Boolean));
    }
  }
});

test('kept elements are scaled, and about 1 − p of them are kept', () => {
  scope(() => {
    manualSeed(1);
    const y = dropout(ones([100_000]), { p: 0.3 }).dataNow()!;
    const kept = y.filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / Math.fround(0.7))]));
    expect(Math.abs(kept.length / 100_000 - 0.7)).toBeLessThan(0.005);
  });
});

test('a sample is dropped as a whole', () => {
  scope(() => {
    manualSeed(2);
    const y = dropPath(ones([64, 3, 5]), { p: 0.5 }).dataNow()!;
    const rows = Array.from({ length: 64 }, (_, i) => new Set(y.slice(i * 15, (i + 1) * 15)));
    expect(rows.every((row) => row.size === 1)).toBe(true);
    expect(new Set(rows.map((row) => [...row][0]))).toEqual(new Set([0, 2]));
  });
});

test('p = 0 and evaluation are the identity and draw nothing; p = 1 is 0, of NaN too', () => {
  scope(() => {
    manualSeed(5);
    const x = tensor([1, NaN, Infinity]);
    for (const same of [
      dropout(x, { p: 0 }),
      dropout(x, { training: false }),
      dropPath(x, { p: 0.5, training: false }),
    ]) {
      expect(Array.from(same.dataNow()!)).toEqual([1, NaN, Infinity]);
      same.dispose();
    }
    expect(x.disposed).toBe(false);
    const first = dropout(ones([99])).dataNow();
    manualSeed(5);
    expect(dropout(ones([99])).dataNow()).toEqual(first);
    expect(Array.from(dropout(x, { p: 1 }).dataNow()!)).toEqual([0, 0, 0]);
    expect(() => dropout(x, { p: -0.1 })).toThrow('dropout: p must be a number of 0..1, got -0.1');
    expect(() => dropout(x, { p: NaN })).toThrow('got NaN');
    expect(() => dropPath(tensor(1), { p: 0.5 })).toThrow('dropPath: x has rank 0');
  });
});

test('threads do not change a bit', async () => {
  await expectSameBits(() => seededDropout(ones([300_001]), { p: 0.2, seed: 11 }));
});
