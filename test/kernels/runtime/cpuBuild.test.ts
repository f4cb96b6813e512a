import { describe, expect, it } from 'vitest';
import { compileKernels, entriesOf } from '../../../scripts/build-kernels.mjs';

const build = (text: string) => compileKernels(new Map([['a.as.ts', text]]), ['a.as.ts']);

describe('build-kernels', () => {
  it("fails with the compiler's own message", async () => {
    await expect(build('export function f(begin: i32, end: i32): void { nothing(); }')).rejects.toThrow(
      /Cannot find name 'nothing'[^]*a\.as\.ts/,
    );
  });

  it('refuses what keeps state between calls', async () => {
    const stores = 'export function f(begin: i32, end: i32): void { store<i32>(0, count++); } let count = 0;';
    await expect(build(stores)).rejects.toThrow('the module has a global variable');
    const table =
      'const t: StaticArray<i32> = [3, 1]; export function f(begin: i32, end: i32): i32 { return t[begin]; }';
    await expect(build(table)).rejects.toThrow('the module has a');
  });

  it('takes files with items for kernels, and the others for helpers', () => {
    const sources = new Map([
      ['kernel.as.ts', 'export function f(x: usize, begin: i32, end: i32): void {}'],
      ['helper.as.ts', 'export function g(x: f32): f32 { return x; }'],
    ]);
    expect(entriesOf(sources)).toEqual(['kernel.as.ts']);
  });
});
