import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchers, Programs } from './job.ts';

const programs = new Programs();
beforeAll(() => programs.bundle(['collectives']));
afterAll(() => programs.remove());

describe.each(launchers)('collectives on $name', (launcher) => {
  const cases = [
    { ranks: 1, device: 'cpu', env: {} },
    { ranks: 2, device: 'webgpu', env: {} },
    { ranks: 3, device: 'reference', env: { VICINAL_DEBUG: '1' } },
    { ranks: 4, device: 'cpu', env: {} },
  ];
  test.each(cases)('of $ranks ranks on $device give what is summed by hand', async ({ ranks, device, env }) => {
    const { code, stdout, stderr } = await programs.run(launcher, ranks, 'collectives', { args: [device], env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const counts = [...stdout.matchAll(/^rank (\d) of (\d): (\d+) checks$/gm)].map(([, ...numbers]) =>
      numbers.map(Number),
    );
    expect(counts.toSorted((a, b) => a[0]! - b[0]!)).toEqual(
      Array.from({ length: ranks }, (_, rank) => [rank, ranks, 92 + 7 * ranks]),
    );
  });
});

test('a job of one rank needs no MPI', async () => {
  const { code, stdout } = await programs.runAlone('collectives');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'rank 0 of 1: 99 checks\n' });
});
