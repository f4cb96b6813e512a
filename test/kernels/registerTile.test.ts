import { afterAll, describe, expect, it, vi } from 'vitest';
import { conv2d, manualSeed, matmul, randn, type Tensor } from '../../index.ts';
import { engine } from '../../kernels/runtime/cpu/instance.ts';

let tile: readonly [number, number] = [4, 8];
vi.mock('../../kernels/matmul/registerTile.cpu.ts', () => ({ registerTile: () => tile }));

const others: Record<string, readonly (readonly [number, number])[]> = {
  relaxed: [
    [6, 8],
    [6, 16],
    [4, 16],
  ],
  base: [[5, 8]],
};

/** The same bits from all register tiles, and how far they are from float64. */
async function check(op: (...inputs: Tensor[]) => Tensor, shapes: readonly number[][]): Promise<void> {
  const inputs = shapes.map((shape) => randn(shape));
  tile = [4, 8];
  const first = (await op(...inputs).data()) as Float32Array;
  const exact = await op(...inputs.map((x) => x.to('reference'))).data();
  for (const [i, value] of first.entries()) expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-3);
  for (const other of others[engine().simd]!) {
    tile = other;
    expect(await op(...inputs).data(), String(tile)).toEqual(first);
  }
}

describe('register tiles of all shapes give the same bits', () => {
  manualSeed(3);
  afterAll(() => vi.restoreAllMocks());

  it.each(Array.from({ length: 14 }, (_, i) => i + 2))('for %i rows', async (m) => {
    for (const n of [9, 16, 40, 45])
      await check(matmul, [
        [m, 350],
        [350, n],
      ]);
  });

  it('for long sums, transposed operands and batches', async () => {
    await check(matmul, [
      [97, 700],
      [700, 130],
    ]);
    await check(
      (a, b) => matmul(a.transpose(0, 1), b),
      [
        [700, 301],
        [700, 50],
      ],
    );
    await check(
      (a, b) => matmul(a, b.transpose(1, 2)),
      [
        [3, 13, 40],
        [3, 29, 40],
      ],
    );
  });

  it('for convolutions', async () => {
    await check((x, w, b) => conv2d(x, w, b, { padding: 1 }), [[2, 40, 9, 11], [14, 40, 3, 3], [14]]);
    await check(
      (x, w) => conv2d(x, w, undefined, { stride: 2, groups: 2 }),
      [
        [2, 6, 20, 17],
        [20, 3, 5, 3],
      ],
    );
  });
});
