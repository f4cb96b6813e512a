// The command `vicinal` of the built package, as a user runs it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function vicinal(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['dist/bin/vicinal.js', ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

beforeAll(() => {
  if (!existsSync('dist/bin/vicinal.js')) throw new Error('dist/ is missing; npm run build makes it');
});

describe('vicinal self-test', () => {
  test.each([
    [[], 'cpu (\\d+ threads?)', '\\d{2,}'],
    // Few: the op suite runs them all on a GPU in software, by the same comparison.
    [['--device', 'webgpu', '--ops', 'sum,matmul,softmax,adamwStep'], 'webgpu (.+)', '4'],
    [['--device', 'reference'], 'reference', '\\d{2,}'],
  ])(
    'with %j says that the ops agree, and ends',
    async (flags, device, count) => {
      const { code, stdout, stderr } = await vicinal('self-test', ...flags);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const where = device.replace('(', '\\(').replace(/\)$/, '\\)');
      expect(stdout).toMatch(
        new RegExp(`^Testing ${where}\n${count} ops agree with their reference forms, 0 do not\n$`),
      );
    },
    300_000,
  );

  test.each([
    [['--device', 'gpu'], "vicinal device: there is no device 'gpu' here; use one of cpu, webgpu, webgl, reference\n"],
    [['--ops', 'sum,multiply'], "vicinal self-test: there is no op 'multiply'\n"],
    [['--devise', 'cpu'], /^vicinal self-test: Unknown option '--devise'.*\n$/],
  ])('%j is one sentence', async (flags, says) => {
    const { code, stdout, stderr } = await vicinal('self-test', ...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says);
  });

  test('--help explains it', async () =>
    expect(await vicinal('self-test', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: vicinal self-test/) as string,
    }));
});

test('its commands are listed, and any other is refused', async () => {
  expect((await vicinal('--help')).stdout).toMatch(
    /^Usage: vicinal <command>[\s\S]*\n {2}profile [\s\S]*\n {2}self-test /,
  );
  expect(await vicinal('selftest')).toMatchObject({
    code: 2,
    stderr: "vicinal: there is no command 'selftest'; use profile or self-test\n",
  });
});
