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
    const words = [...flags, '-n', String(ranks), process.execPath, ...program, '--limit', '256', '--batch', '8'];
    return collect(command, [...words, '--checkpoint', checkpoint, ...args], environment, 90);
  };
  let first: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    first = await train(2, '--epochs', '2');
  }, 100_000);

  test('learns on two ranks', () => {
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const [, loss, accuracy] =
      /^2 ranks of \d threads?, steps 1 to 64\nstep 50 of 64: loss ([\d.]+)\ntest accuracy ([\d.]+) % in \d+ s\n$/.exec(
        first.stdout,
      )!;
    expect(Number(loss)).toBeLessThan(2.2); // ln 10 = 2.30 for guesses
    expect(Number(accuracy)).toBeGreaterThan(20);
  });

  test('--resume on one rank goes on where they stopped', async () => {
    const { code, stdout, stderr } = await train(1, '--epochs', '3', '--resume');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^1 ranks of \d threads?, steps 65 to 96\n/);
  });

  test('a batch that the ranks cannot share is refused by rank 0', async () => {
    const { code, stderr } = await train(2, '--batch', '7');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/rank \d of 2 .* ends the job: Error: --batch 7 cannot be shared by 2 ranks alike/);
  });
});
