import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Settings } from './programs/training.ts';
import * as nn from '../../nn/index.ts';
import { launchers, Programs, type Launcher } from './job.ts';

const programs = new Programs();
const folder = mkdtempSync(join(tmpdir(), 'vicinal-mpi-'));
beforeAll(() => programs.bundle(['training']));
afterAll(() => {
  programs.remove();
  rmSync(folder, { recursive: true });
});

interface Report {
  readonly rank: number;
  /** Of all parameters and buffers. */
  readonly digest: string;
  readonly losses: readonly number[];
  readonly begun: number;
  readonly unused: boolean;
  /** A buffer to which each step adds 1 + rank. */
  readonly count: number;
}

interface Result extends Omit<Report, 'rank'> {
  readonly state: ReadonlyMap<string, { readonly data: ArrayLike<number> }>;
}

let runs = 0;
const checkpoint = (): string => join(folder, `${++runs}.safetensors`);

/** What the ranks agree on, and the checkpoint that rank 0 wrote. */
async function train(launcher: Launcher | null, ranks: number, settings: Settings = {}): Promise<Result> {
  const to = settings.to ?? checkpoint();
  const args = [JSON.stringify({ ...settings, to })];
  const { code, stdout, stderr } = launcher
    ? await programs.run(launcher, ranks, 'training', { args, seconds: settings.device === 'webgpu' ? 170 : 50 })
    : await programs.runAlone('training', args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const reports = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);
  expect(reports.map(({ rank }) => rank).toSorted((a, b) => a - b)).toEqual(Array.from({ length: ranks }, (_, i) => i));
  const { rank: _, ...first } = reports[0]!;
  if (settings.broadcastBuffers === false) {
    const steps = settings.steps ?? 6;
    expect(reports.map(({ rank, count }) => count - steps * (1 + rank))).toEqual(reports.map(() => 0));
  } else for (const { rank: _rank, ...other } of reports) expect(other).toEqual(first);
  return { ...first, state: (await nn.loadSafetensors(to)).tensors };
}

/** Largest difference of any element, momenta included. */
function difference({ state: a }: Result, { state: b }: Result): number {
  expect([...a.keys()]).toEqual([...b.keys()]);
  const of = ([key, { data }]: [string, { readonly data: ArrayLike<number> }]): number =>
    Math.max(...Array.from(data, (value, i) => Math.abs(value - b.get(key)!.data[i]!)));
  return Math.max(...[...a].map(of));
}

/** Between float32 sums in another order, over six steps. */
const rounding = 2e-6;

describe.each(launchers)('training on $name', (launcher) => {
  let alone: Result;
  beforeAll(async () => {
    alone = await train(null, 1, { plain: true });
  });

  test.each([1, 2, 4])('of %d ranks is that of one process with the whole batch', async (ranks) => {
    const together = await train(launcher, ranks, { bucketCapMb: 0.0005 });
    expect(difference(together, alone)).toBeLessThan(rounding);
    expect(Math.max(...together.losses.map((loss, i) => Math.abs(loss - alone.losses[i]!)))).toBeLessThan(rounding);
    expect(together.unused).toBe(true); // a layer that no rank uses has no gradient
    expect(together.begun).toBeGreaterThan(ranks > 1 ? 10 : -1); // buckets left before backward had ended
  });

  test('gives the same bits each time', async () => {
    const first = await train(launcher, 3, { batch: 6 });
    const second = await train(launcher, 3, { batch: 6 });
    expect(second.digest).toBe(first.digest);
  });

  test('with batches in parts, of which the last alone is reduced', async () =>
    expect(difference(await train(launcher, 2, { parts: 2 }), alone)).toBeLessThan(rounding));

  test("leaves each rank its buffers, if it is told to, but for rank 0's at the beginning", async () => {
    const { count } = await train(launcher, 2, { broadcastBuffers: false, steps: 2 }); // which looks at each rank's
    expect([2, 4]).toContain(count);
  });

  test('with layers that some ranks do not use', async () => {
    const expected = await train(null, 1, { plain: true, uneven: 4 });
    // In small buckets, which on some ranks are full before an earlier one is.
    const settings = { uneven: 4, bucketCapMb: 0.0001 };
    expect(difference(await train(launcher, 4, settings), expected)).toBeLessThan(rounding);
    expect(difference(expected, alone)).toBeGreaterThan(1e-3);
  });

  test('with gradients that travel as float16', async () => {
    const error = difference(await train(launcher, 2, { compression: 'float16' }), alone);
    expect(error).toBeLessThan(5e-3);
    expect(error).toBeGreaterThan(rounding);
  });

  // A GPU in software is slow: one step, on one MPI.
  test.runIf(launcher === launchers[0])(
    'on webgpu',
    async () =>
      expect(
        difference(
          await train(launcher, 2, { device: 'webgpu', steps: 1 }),
          await train(null, 1, { plain: true, steps: 1 }),
        ),
      ).toBeLessThan(2e-5),
    200_000,
  );

  test('goes on with fewer ranks where it stopped', async () => {
    const half = checkpoint();
    await train(launcher, 4, { steps: 3, to: half });
    expect(difference(await train(launcher, 2, { from: half, steps: 3 }), alone)).toBeLessThan(rounding);
  });

  test('of models that differ is refused with the name of the first parameter that does', async () => {
    const args = [JSON.stringify({ differs: true })];
    const { code, stderr } = await programs.run(launcher, 2, 'training', { args });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /rank 0 of 2 .*DistributedDataParallel: rank 0 has count float32 \[1\], not trained, but rank 1 has deeper\.weight float32 \[8, 8\]; all ranks must have the same model/,
    );
  });
});
