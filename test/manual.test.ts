// Every TypeScript block of README.md and the manual runs as it stands, each as a module of its own, and what its comments say
// is so.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { device, setDefaultDevice, setThreads, threads } from '../index.ts';
import { withChecks } from './documented.ts';

const folder = 'temp/manual';
const pages = [
  'README.md',
  ...readdirSync('manual').flatMap((name) => (name.endsWith('.md') ? [`manual/${name}`] : [])),
];

/** Writes each block of a page to a file; gives their paths by the line where the block starts. */
function blocksOf(page: string): [string, string][] {
  const source = readFileSync(page, 'utf8');
  return [...source.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => {
    const line = source.slice(0, match.index).split('\n').length;
    const path = `${folder}/${basename(page, '.md')}-${line}.ts`;
    writeFileSync(path, `import { checkValue, checkError } from '../../test/documented.ts';\n${withChecks(match[1]!)}`);
    return [`${page}:${line}`, resolve(path)];
  });
}

mkdirSync(folder, { recursive: true });
const blocks = pages.flatMap(blocksOf);
const cores = threads();

beforeEach(() => void vi.spyOn(console, 'log').mockImplementation(() => {}));
afterEach(() => {
  vi.restoreAllMocks();
  setDefaultDevice('cpu');
  setThreads(cores);
});

describe('the code of the manual', () => {
  test('is there', async () => {
    await device('webgpu');
    expect(blocks.length).toBeGreaterThan(30);
  });

  test.each(blocks)('%s', async (_title, path) => void (await import(path)));
});

test('what a comment says is checked', async () => {
  const checked = withChecks(
    'x.item(); // 3\nf(x); // ShapeError: f: no\nconst y = 1; // 2\ny; // some words\n  a.b; // [1, true]',
  );
  expect(checked).toBe(
    'await checkValue(x.item(), 3);\nawait checkError(() => f(x), "ShapeError: f: no");\nconst y = 1; // 2\ny; // some words\n' +
      '  await checkValue(a.b, [1, true]);',
  );
});
