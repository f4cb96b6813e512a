import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { readEntryPoints } from '../scripts/entryPoints.ts';
import { cycles, loadedTooSoon, upwardImports } from '../scripts/structure/imports.ts';
import { tooLong } from '../scripts/structure/lengths.ts';
import { sharedWithKernels } from '../scripts/structure/reference.ts';
import { parse, readTree } from '../scripts/structure/sources.ts';

const tree = readTree();

describe('imports', () => {
  test('make no cycle', () => expect(cycles(tree)).toEqual([]));
  test('go down only', () => expect(upwardImports(tree)).toEqual([]));
  test('keep the reference forms apart from the kernels they judge', () => expect(sharedWithKernels(tree)).toEqual([]));
  test.each(readEntryPoints())('of $name leave the code of GPUs and the samples of ops for later', ({ source }) =>
    expect(loadedTooSoon(tree, source)).toEqual([]),
  );
});

test('no file or function is too long', () => expect(tooLong(tree)).toEqual([]));

describe('the entry points of package.json', () => {
  const entries = readEntryPoints();
  const read = (path: string): unknown => ts.readConfigFile(path, (file) => readFileSync(file, 'utf8')).config;

  test('are the paths that the compiler knows', () => {
    const { compilerOptions } = read('tsconfig.json') as { compilerOptions: { paths: object } };
    expect(compilerOptions.paths).toEqual(
      Object.fromEntries(entries.map(({ name, source }) => [name, [`./${source}`]])),
    );
  });

  test('have a limit of size each', () => {
    const limits = JSON.parse(readFileSync('.size-limit.json', 'utf8')) as { name: string }[];
    expect(limits.map(({ name }) => name)).toEqual(expect.arrayContaining(entries.map(({ name }) => name)));
  });
});

describe('the checks see', () => {
  test('a cycle, but not one of types', () => {
    const sources = parse({
      'nn/a.ts': "import { b } from './b.ts';",
      'nn/b.ts': "export { c } from './c.ts';",
      'nn/c.ts': "const a = await import('./a.ts');",
      'nn/d.ts': "import type { a } from './d.ts'; export type * from './d.ts';",
    });
    expect(cycles(sources)).toEqual(['nn/a.ts → nn/b.ts → nn/c.ts → nn/a.ts']);
  });

  test('an import that goes up', () => {
    const sources = parse({
      'tensor/a.ts': "import type { Op } from '../autograd/op.ts';",
      'nn/b.ts': "import { add } from '../index.ts'; import { c } from 'vicinal/kernels';",
      'kernels/c.ts': "import { Module } from 'vicinal/nn';",
    });
    expect(upwardImports(sources)).toEqual([
      'tensor/a.ts imports autograd/op.ts, which is above it',
      'kernels/c.ts imports nn/index.ts, which is above it',
    ]);
  });

  test('a kernel of a GPU or samples in the first load, but not late ones', () => {
    const sources = parse({
      'index.ts': "import './a.ts'; const b = await import('./b.webgpu.ts'); import type { C } from './c.webgl.ts';",
      'a.ts': "import { launch } from './kernels/runtime/webgpu/launch.ts'; import { d } from './d.samples.ts';",
    });
    expect(loadedTooSoon(sources, 'index.ts')).toEqual([
      'a.ts imports kernels/runtime/webgpu/launch.ts, which index.ts need not load',
      'a.ts imports d.samples.ts, which index.ts need not load',
    ]);
  });

  test('a reference form that shares code with a kernel', () => {
    const sources = parse({
      'kernels/na/na.ts': `
        import { naCpu } from './na.cpu.ts';
        import { checkProblem } from './problem.ts';
        import { plain } from './plain.ts';
        const op = { shape: () => checkProblem(), reference() { return loops(); }, kernels: { cpu: naCpu } };
        function loops() { return plain(); }`,
      'kernels/na/plain.ts': "import { starts } from './window.ts';",
      'kernels/na/na.cpu.ts': "import { problem } from './problem.ts';",
      'kernels/na/problem.ts': '',
      'kernels/na/window.ts': '',
    });
    expect(sharedWithKernels(sources)).toEqual([
      'kernels/na/na.ts: its reference form uses kernels/na/window.ts, which a fast kernel uses too',
    ]);
  });

  test('a long file, a long function and a long line', () => {
    const lines = (count: number): string => '\n'.repeat(count);
    const sources = parse({
      'nn/a.ts': lines(300),
      'nn/b.ts': `function f() {${lines(60)}}`,
      'kernels/c.as.ts': `// ${'x'.repeat(118)}`,
    });
    expect(tooLong(sources)).toHaveLength(3);
  });
});
