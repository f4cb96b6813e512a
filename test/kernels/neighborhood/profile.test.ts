import { beforeAll, describe, expect, test } from 'vitest';
import { memory, setThreads, threads } from '../../../index.ts';
import { readArguments } from '../../../bin/arguments.ts';
import { profileCommand } from '../../../bin/profile.ts';
import { formatTable } from '../../../bin/table.ts';
import { makeOperands, profile } from '../../../kernels/neighborhood/tuner/profile.ts';

async function run(line: string): Promise<string> {
  const lines: string[] = [];
  await profileCommand(line.split(' '), (text) => lines.push(text));
  return lines.join('\n');
}

const quick = '--warmup-steps 0 --steps 2 --optimize-warmup-steps 0';
/** The lines below a rule, cut into cells. */
const cells = (text: string): string[][] =>
  text.split('\n').flatMap((line) => (/^(neigh|atten|Total|forward|backward)/.test(line) ? [line.split(/ {2,}/)] : []));

describe('vicinal profile', () => {
  beforeAll(() => run(`-i 8 -w 3 ${quick}`));

  test('shows a row for each kernel, and a total', async () => {
    const text = await run(`-i 12 14 -n 2 -d 16 -w 5 7 --dilation 2 1 --causal true false --backprop ${quick}`);
    expect(text).toContain('tokens 12 x 14, kernelSize 5 x 7, stride 1 x 1, dilation 2 x 1, isCausal yes x no');
    expect(text).toContain('batch 1, heads 2 (2 of keys), dim 16 (16 of values), 0 additional keys');
    const rows = cells(text);
    expect(rows.map(([name]) => name)).toEqual([
      'neighborhoodAttentionForward',
      'attentionDelta',
      'neighborhoodAttentionBackwardQuery',
      'neighborhoodAttentionBackwardKey',
      'Total',
    ]);
    const times = rows.map((row) => Number(row[2]));
    expect(times.at(-1)).toBeCloseTo(
      times.slice(0, -1).reduce((a, b) => a + b, 0),
      2,
    );
    const shares = rows.slice(0, -1).reduce((sum, row) => sum + Number(row[4]!.replace(' %', '')), 0);
    expect(Math.abs(shares - 100)).toBeLessThan(0.5);
  });

  test('of forward alone, other heads, additional keys, on the reference device', async () => {
    expect(cells(await run(`-i 9 -w 3 ${quick}`)).map(([name]) => name)).toEqual([
      'neighborhoodAttentionForward',
      'Total',
    ]);
    const text = await run(
      `-i 6 -n 4 --heads-kv 2 -d 4 --dim-value 6 --add-kv 3 --backprop --device reference ${quick}`,
    );
    expect(text).toContain('on reference, float64');
    expect(text).toContain('kernelSize 6, stride 1'); // the whole axis by default
    expect(text).toContain('heads 4 (2 of keys), dim 4 (6 of values), 3 additional keys');
    expect(cells(text).map(([name]) => name)).toContain('attentionBackwardKey (additional)');
  });

  test('lists the candidates without running', async () => {
    const text = await run('-i 56 56 -n 2 -d 32 -w 7 --dry-run --backprop');
    expect(text).toContain("forward   the kernel's own  the kernel's own");
    expect(text).toMatch(/forward +8x8 +14x14 +49 +25\.0 %/);
    expect(text).toMatch(/backward +8x8 +7x14 +98/);
    expect(text).not.toContain('ms');
  });

  test('finds the fastest tiles first', async () => {
    const text = await run(`-i 16 16 -n 1 -d 8 -w 3 --backprop --optimize ${quick}`);
    expect(text).toMatch(/^Fastest +Query tile +Key tile +ms$/m);
    expect(cells(text).map(([name]) => name)).toEqual(['forward', 'backward', ...names]);
  });

  test('frees what it made', async () => {
    const before = memory()['cpu']!;
    await run(`-i 9 9 -w 3 --backprop --add-kv 2 --optimize --q-tile 4 4 --kv-tile 8 8 ${quick}`);
    expect(memory()['cpu']).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  test('sets the threads that it is asked for', async () => {
    const count = threads();
    await run(`-i 9 -w 3 --threads 1 ${quick}`);
    expect(threads()).toBe(1);
    setThreads(count);
  });

  test('explains itself', async () => expect(await run('--help')).toContain('Usage: vicinal profile -i 56 56'));

  test.each([
    ['-w 3', '--input-size is missing; give the token axes, as in -i 56 56'],
    ['-i 0', "--input-size must be integers >= 1, one per token axis, got '0'"],
    ['-i 56 big', "got '56,big'"],
    ['-i 9 9 9 -w 3 3', '--window-size has 2 values for 3 token axes; give one for each, or one for all'],
    ['-i 9 -n 1 2', "--heads must be an integer >= 1, got '1,2'"],
    ['-i 9 -w 3 --causal maybe', "--causal takes true or false for each token axis, got 'maybe'"],
    ['-i 9 --dtype bf16', "--dtype 'bf16' is none that a device here has; use fp32, fp16, fp64"],
    ['-i 9 --dtype fp16', 'float16'],
    ['-i 9 --device tpu', "there is no device 'tpu'"],
    ['-i 9 -w 10', 'kernelSize 10'],
    ['-i 9 --device reference --optimize', "--optimize: 'reference' has no tiles to choose from"],
    ['-i 9 --frobnicate', "Unknown option '--frobnicate'"],
    ['-i 9 -n', '-n needs a value'],
    ['-i 9 --add-kv -1', '--add-kv needs a value'],
  ])('refuses %s', async (line, reason) => {
    await expect(run(`${line} ${quick}`)).rejects.toThrow(reason);
  });

  const names = [
    'neighborhoodAttentionForward',
    'attentionDelta',
    'neighborhoodAttentionBackwardQuery',
    'neighborhoodAttentionBackwardKey',
    'Total',
  ];
});

test('operations are counted by hand', async () => {
  const { problem, options } = readArguments(
    '-i 10 -w 4 -c -n 2 -d 8 --dim-value 4 --add-kv 1 --backprop --steps 1'.split(' '),
  );
  const operands = makeOperands(problem);
  const { rows, flops } = await profile(problem, operands, options);
  for (const x of Object.values(operands) as ({ dispose(): void } | undefined)[]) x?.dispose();
  // A causal window of 4 on 10 tokens: 1 + 2 + 3 + 7 · 4 = 34 pairs, 10 more with the additional key; two heads.
  const [pairs, near] = [2 * 44, 2 * 34];
  expect(rows.map((row) => row.flops)).toEqual([
    2 * pairs * 12,
    2 * 20 * 4,
    2 * pairs * 20, // scores and dQ of dim 8, dP of 4
    2 * near * 24, // scores and dK of dim 8, dP and dV of 4
    2 * 20 * 24,
  ]);
  expect(flops).toBe(2 * pairs * 12 + 2 * 20 * 4 + 2 * pairs * (3 * 8 + 2 * 4));
});

test('a table aligns words to the left and numbers to the right', () => {
  expect(
    formatTable(
      ['a', 'n'],
      [
        ['long', '1.5'],
        ['b', '10.25'],
      ],
      ['sum', '11.75'],
    ),
  ).toBe(['a         n', '----  -----', 'long    1.5', 'b     10.25', '----  -----', 'sum   11.75'].join('\n'));
});
