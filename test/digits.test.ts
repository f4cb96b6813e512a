// The digits example as a user runs it: in a process of its own, with flags, files and Ctrl-C.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  digits,
  inFolder,
  lossesOf,
  quickRun,
  readCheckpoint,
  readMetrics,
  removeFolder,
  whySkipped,
} from './training/digitsRun.ts';
import type { Outcome } from './training/runExample.ts';

afterAll(removeFolder);

describe.skipIf(whySkipped)(`the digits example${whySkipped}`, () => {
  let whole: Outcome;
  let interrupted: Outcome;
  let stepsAtInterrupt: number;
  let resumed: Outcome;

  async function interruptAndResume(): Promise<void> {
    interrupted = await digits(quickRun('resumed'), { interruptAt: /^4\/20 /m });
    stepsAtInterrupt = lossesOf('resumed').length;
    resumed = await digits([...quickRun('resumed'), '--resume']);
  }

  // Side by side: each computes on one thread.
  beforeAll(async () => {
    await Promise.all([digits(quickRun('whole')).then((outcome) => (whole = outcome)), interruptAndResume()]);
  }, 120_000);

  test('a run ends with the accuracy on the test digits', () => {
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout.trimEnd().split('\n').at(-1)).toMatch(/^test accuracy \d+\.\d\d % in \d+ s$/);
  });

  test('it learns: untrained, one digit in ten is right', () =>
    expect(Number(/^test accuracy ([\d.]+)/m.exec(whole.stdout)?.[1])).toBeGreaterThan(15));

  test("it writes a checkpoint with PyTorch's keys", () => {
    const { tensors } = readCheckpoint('whole');
    expect(tensors.get('model.tokenizer.weight')).toMatchObject({ dtype: 'float32', shape: [32, 1, 3, 3] });
    expect(tensors.get('model.level2.1.attn.qkv.weight')).toMatchObject({ dtype: 'float32', shape: [192, 64] });
    expect([...tensors.keys()].filter((key) => !/^(model|optimizer)(\.\w+)+$/.test(key))).toEqual([]);
  });

  test('it draws the loss and the accuracy, and tells the result on a page', () => {
    expect(readFileSync(inFolder('whole/metrics.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*loss[\s\S]*accuracy[\s\S]*<\/svg>$/,
    );
    expect(readFileSync(inFolder('whole/report.html'), 'utf8')).toContain(whole.stdout.trimEnd().split('\n').at(-1)!);
  });

  test('Ctrl-C leaves a checkpoint of the steps so far and says how to go on', () => {
    expect(interrupted).toMatchObject({ code: 0, stderr: '' });
    expect(interrupted.stdout).toMatch(
      new RegExp(`^stopped after step ${stepsAtInterrupt} of 20; go on with --run \\S+ --resume\n$`, 'm'),
    );
    expect(stepsAtInterrupt).toBeGreaterThanOrEqual(4);
    expect(stepsAtInterrupt).toBeLessThan(20);
  });

  test('--resume ends with the bytes of a run that was not interrupted', () => {
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    const [actual, expected] = [readCheckpoint('resumed').tensors, readCheckpoint('whole').tensors];
    const differing = [...expected].filter(([key, { data }]) => !bytes(actual.get(key)?.data).equals(bytes(data)));
    expect(differing.map(([key]) => key)).toEqual([]);
    expect(readCheckpoint('resumed').metadata).toEqual(readCheckpoint('whole').metadata);
    expect(readMetrics('resumed')).toBe(readMetrics('whole'));
  });

  test('--predict ranks three digits for a picture', async () => {
    await drawTestDigit(inFolder('digit.png'));
    const { code, stdout, stderr } = await digits([...quickRun('whole'), '--predict', inFolder('digit.png')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d: \d+\.\d %( {2}\d: \d+\.\d %){2}\n$/);
    const ranked = [...stdout.matchAll(/(\d): ([\d.]+)/g)].map(
      ([, digit, percent]) => [digit, Number(percent)] as const,
    );
    expect(new Set(ranked.map(([digit]) => digit)).size).toBe(3);
    const percents = ranked.map(([, percent]) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => b - a));
  });

  test('--help prints every flag', async () => {
    const { code, stdout, stderr } = await digits(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...stdout.matchAll(/^ +--(\w+) /gm)].map(([, name]) => name)).toEqual(
      'epochs batch lr limit seed device threads run resume predict help'.split(' '),
    );
  });

  // Each is said before any work: nothing on stdout, one line on stderr, no stack trace.
  test.concurrent.each([
    { flags: ['--epoch', '1'], says: "Unknown option '--epoch'; --help lists the flags" },
    { flags: ['--device', 'gpu'], says: "there is no device 'gpu' here; use one of cpu, webgpu, webgl, reference" },
    { flags: ['--batch', '321'], says: '--batch 321 is more than the 320 digits to train on' },
    { flags: ['--run', inFolder('none'), '--predict', 'x.png'], says: `${inFolder('none')} holds no checkpoint` },
  ])('$flags: one sentence', async ({ flags, says }) => {
    const { code, stdout, stderr } = await digits([...quickRun('wrong'), ...flags]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });
});

const bytes = (data: ArrayBufferView | undefined): Buffer =>
  data ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.alloc(0);

/** The first test digit as a picture. Both are imported here, as they may be missing. */
async function drawTestDigit(path: string): Promise<void> {
  const { default: sharp } = await import('sharp');
  const { loadDigits } = await import('../examples/digits/data.ts');
  const { image } = (await loadDigits('test', 1)).get(0);
  await sharp(Buffer.from(image.data), { raw: { width: 28, height: 28, channels: 1 } })
    .png()
    .toFile(path);
}
