// The test that users run on their own devices: the library passes it, and it sees what is wrong.

import { beforeAll, describe, expect, test } from 'vitest';
import type { NdArray, Op, SelfTestReport } from '../index.ts';
import { acceptsStrides, add, defineOp, device, elements, memory, selfTest, sub, type Kernel } from '../index.ts';
import { ops } from '../kernels/selfTest/samples.ts';

await device('webgpu');

const withSamples = ops.filter(({ definition }) => definition.samples.length > 0);
/** Few: the op suite runs them all on a GPU in software, by the same comparison. */
const few = ['sub', 'sum', 'permuteAxes', 'matmul', 'softmax', 'neighborhoodDots', 'adamwStep'];
const someOps = withSamples.filter(({ definition }) => few.includes(definition.name));

describe.each([
  { name: 'cpu', tested: withSamples, options: {} },
  { name: 'webgpu', tested: someOps, options: { ops: someOps } },
] as const)('on $name', ({ name, tested, options }) => {
  const progress: (readonly [number, number])[] = [];
  let tensorsBefore: number;
  let report: SelfTestReport;

  // One op of all has the kernel of another.
  beforeAll(async () => {
    const { kernels } = sub.definition;
    const right = kernels[name]!;
    tensorsBefore = memory()[name]?.tensors ?? 0;
    kernels[name] = add.definition.kernels[name]!;
    report = await selfTest(name, { ...options, onProgress: (...seen) => progress.push(seen) });
    kernels[name] = right;
  }, 120_000);

  test('there is something to test', () => expect(tested.length).toBeGreaterThanOrEqual(few.length));

  test('all ops pass but the one whose kernel is wrong', () => {
    expect(report.failed.map(({ op }) => op)).toEqual(['sub']);
    expect(report.passed).toBe(tested.length - 1);
  });

  test('it says which sample differs, where and by how much', () =>
    expect(report.failed[0]!.reason).toMatch(
      /^sample \{"x":.*\}, float32, contiguous: output 0 is off by \d[\d.]* of its largest element, where 0\.00001 is allowed: element \d+ of \[.*\] is -?\d[\d.]*, the reference form gives -?\d[\d.]*$/,
    ));

  test('progress counts to the end', () => expect(progress).toEqual(tested.map((_, i) => [i + 1, tested.length])));

  test('it leaves no tensor behind', () => expect(memory()[name]!.tensors).toBe(tensorsBefore));
});

describe('an own op', () => {
  const double = (x: NdArray): NdArray => ({ shape: x.shape, data: x.data.map((value) => 2 * value) });

  /** 2x, with this kernel. */
  const twice = (cpu?: Kernel<['x']>, reference = double): Op<['x']> =>
    defineOp<['x']>({
      name: 'twice',
      inputs: ['x'],
      shape: ({ x }) => x,
      reference: ({ x }) => reference(x),
      kernels: cpu ? { cpu } : {},
      samples: [{ x: [2, 3] }],
    });
  const writing =
    (f: (value: number, i: number) => number): Kernel<['x']> =>
    ({ x }, _attrs, [y]) =>
      elements(y!).set(elements(x).map(f));
  const right = (): Kernel<['x']> => writing((value) => 2 * value);
  const bare = defineOp<['x']>({ name: 'twice', inputs: ['x'], shape: ({ x }) => x, reference: ({ x }) => double(x) });

  test('passes', async () =>
    expect(await selfTest('cpu', { ops: [twice(right())] })).toEqual({ passed: 1, failed: [] }));

  const first = 'sample {"x":[2,3]}, float32, contiguous: ';
  test.each([
    ['is wrong in one element', twice(writing((x, i) => (i === 4 ? 0 : 2 * x))), `${first}output 0 is off by `],
    ['has no samples', bare, 'its declaration has no samples to try it on'],
    ['gives NaN', twice(writing(() => NaN)), 'is off by Infinity of its largest element'],
    ['has no kernel', twice(), `${first}twice: has no kernel for 'cpu'`],
    [
      'throws where operands have gaps',
      twice(acceptsStrides(right())),
      'sample {"x":[2,3]}, float32, strided: elements: ',
    ],
    [
      'has a shape rule that its reference form does not follow',
      twice(right(), ({ data }) => double({ shape: [6], data })),
      `${first}output 0 has shape [2, 3] where the reference form has [6]`,
    ],
  ])('that %s does not', async (_title, op, reason) => {
    const { passed, failed } = await selfTest('cpu', { ops: [op] });
    expect(passed).toBe(0);
    expect(failed).toEqual([{ op: 'twice', reason: expect.stringContaining(reason) as string }]);
  });
});

test('it asks for a device that was started, and for options that it knows', async () => {
  await expect(selfTest('webgl')).rejects.toThrow("'webgl' must be started first: await device('webgl')");
  await expect(selfTest('cpu', { op: [] } as object)).rejects.toThrow("selfTest: has no option 'op'");
});
