// Every `@example` of a public docstring runs, and what its comments say is so.

import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import * as vicinal from '../index.ts';
import * as nn from '../nn/index.ts';
import * as kernels from '../kernels/index.ts';
import { readEntryPoints } from '../scripts/entryPoints.ts';
import { checkError, checkValue, withChecks } from './documented.ts';
import './matchers.ts';

interface Example {
  readonly title: string;
  readonly code: string;
  /** What the example may name beside the main entries. */
  readonly entry?: object | undefined;
}

/** The entry points whose names no other has, by their file, and by the folder of an `index.ts`. */
const entries = new Map<string, object>();
for (const { name, source } of readEntryPoints()) {
  if (['vicinal', 'vicinal/nn', 'vicinal/kernels'].includes(name)) continue;
  entries.set(source.replace('/index.ts', ''), (await import(/* @vite-ignore */ name)) as object);
}

/** The examples of one source file, with the line each starts at. */
function examplesOf(file: string): Example[] {
  const source = readFileSync(file, 'utf8');
  const found: Example[] = [];
  for (const match of source.matchAll(/\/\*\*([\s\S]*?)\*\//g)) {
    const lines = match[1]!.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
    for (let i = 0; i < lines.length; i++) {
      if (!lines[i]!.startsWith('@example')) continue;
      const end = lines.findIndex((line, k) => k > i && /^@\w/.test(line));
      const body = lines.slice(i + 1, end < 0 ? undefined : end).filter((line) => !line.startsWith('```'));
      const line = source.slice(0, match.index).split('\n').length + i;
      found.push({
        title: `${file}:${line}`,
        code: body.join('\n'),
        entry: entries.get(file) ?? entries.get(dirname(file)),
      });
    }
  }
  return found;
}

const environment: Readonly<Record<string, unknown>> = {
  ...kernels,
  ...vicinal,
  nn,
  fc,
  expect,
  console: { log() {}, warn() {}, error() {} },
};

async function run({ code, entry }: Example): Promise<void> {
  const known = { ...environment, ...entry };
  const body = withChecks(code)
    .replace(/^\s*import .*$/gm, '')
    .replace(/^(\s*)export /gm, '$1');
  const wrapped = `return (async () => {\n${body}\n})();`;
  const { outputText } = ts.transpileModule(wrapped, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const names = Object.keys(known).filter((name) => /^\w+$/.test(name));
  // oxlint-disable-next-line typescript/no-implied-eval -- running the documented code is the test
  const f = new Function('checkValue', 'checkError', ...names, outputText) as (...args: unknown[]) => Promise<void>;
  await f(checkValue, checkError, ...names.map((name) => known[name]));
}

const files = ['tensor', 'autograd', 'kernels', 'nn', 'testing', 'distributed']
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.as.ts') && !file.endsWith('cpu/binary.ts'));
const examples = [...files, 'index.ts'].flatMap(examplesOf);

describe('examples in the documentation', () => {
  test('there are examples', () => expect(examples.length).toBeGreaterThan(20));
  test.each(examples.map((example): [string, Example] => [example.title, example]))('%s', async (_title, example) =>
    run(example),
  );
});
