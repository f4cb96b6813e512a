// The example, as its README starts it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, environment, launchers } from './job.ts';

const folder = mkdtempSync(join(tmpdir(), 'vicinal-digits-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(launchers.length > 0)('examples/distributed', () => {
  const checkpoint = join(folder, 'digits.safetensors');
  const train = (ranks: number, ...args: string[]): ReturnType<typeof collect> => {
    const { command, flags } = launchers[0]!;
    const program = ['--import', './examples/register.mjs', 'examples/distributed/train.ts'];
    const words = [...flags, '-n', String(ranks), process.execPath, ...program, '--limit', '160', '--batch', '8'];
    return collect(command, [...words, '--checkpoint', checkpoint, ...args], environment, 90);
  };
  let first: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    first = await train(2, '--epochs', '2');
  }, 100_000);

  test('learns on two ranks', () => {
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      /^2 ranks of \d threads?, steps 1 to 40\n(step \d+ of 40: loss [\d.]+\n){20}test accuracy [\d.]+ % in \d+ s\n$/,
    );
    const losses = [...first.stdout.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)));
  });

  test('--resume on one rank goes on where they stopped', async () => {
    const { code, stdout, stderr } = await train(1, '--epochs', '3', '--resume');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^1 ranks of \d threads?, steps 41 to 60\n/);
  });

  test('a batch that the ranks cannot share is refused by rank 0', async () => {
    const { code, stderr } = await train(2, '--batch', '7');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/rank \d of 2 .* ends the job: Error: --batch 7 cannot be shared by 2 ranks alike/);
  });
});
