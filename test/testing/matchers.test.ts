import { describe, expect, test } from 'vitest';
import { tensor, zeros } from '../../index.ts';
import { devices } from '../devices.ts';
import '../matchers.ts';

/** What a failed assertion says. */
async function messageOf(assertion: () => unknown): Promise<string> {
  try {
    await assertion();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

describe.each(devices)('on %s', (device) => {
  const make = (values: unknown[]) => tensor(values, { device });

  test('closeness is |got − want| ≤ atol + rtol · |want|', async () => {
    const x = make([1, 100, -1000]);
    await expect(x).toBeCloseToTensor([1.25, 100, -1000], { rtol: 0, atol: 0.25 });
    await expect(x).not.toBeCloseToTensor([1.25, 100, -1000], { rtol: 0, atol: 0.2 });
    await expect(x).toBeCloseToTensor([1, 101, -1010], { rtol: 0.01, atol: 0 });
    await expect(x).not.toBeCloseToTensor([1, 102, -1000], { rtol: 0.01, atol: 0 });
    await expect(x).toBeCloseToTensor(tensor([1, 100, -1000], { device: 'reference' }));
  });

  test('infinities are close to themselves alone, NaN where that is asked for', async () => {
    const x = make([Infinity, NaN]);
    const loose = { rtol: 1, atol: 1e9 };
    await expect(x).toBeCloseToTensor([Infinity, NaN], { ...loose, equalNan: true });
    await expect(x).not.toBeCloseToTensor([Infinity, NaN], loose);
    await expect(x).not.toBeCloseToTensor([-Infinity, NaN], { ...loose, equalNan: true });
    await expect(x).not.toBeCloseToTensor([1e30, NaN], { ...loose, equalNan: true });
    await expect(x).not.toBeFiniteTensor();
    await expect(make([1, -2])).toBeFiniteTensor();
  });

  test('equality is of shape, dtype and every element', async () => {
    const x = make([[1, NaN]]);
    await expect(x).toEqualTensor([[1, NaN]]);
    await expect(x).not.toEqualTensor([1, NaN]);
    await expect(x).not.toEqualTensor([[1 + 1e-6, NaN]]);
    await expect(make([0])).not.toEqualTensor([-0]);
    await expect(make([1])).not.toEqualTensor(tensor([1], { device, dtype: 'int32' }));
    expect(x).toHaveShape([1, 2]);
    expect(x).not.toHaveShape([2, 1]);
    expect(x).toHaveDtype(x.dtype);
    expect(x).not.toHaveDtype('bool');
  });
});

describe('a failure says', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test('how many differ, and where the worst place is', async () => {
    const far = tensor([
      [1, 2, 3.5],
      [4, 7, 6],
    ]);
    expect(await messageOf(() => expect(x).toBeCloseToTensor(far, { rtol: 0, atol: 0.25 }))).toBe(
      'toBeCloseToTensor: expected within 0.25 + 0 · |expected| to Tensor(float32 [2, 3] on cpu)\n' +
        'received Tensor(float32 [2, 3] on cpu)\n' +
        '2 of 6 elements are not; worst is 5 at [1, 1] instead of 7, 2 apart',
    );
    expect(await messageOf(() => expect(tensor([-0])).toEqualTensor([0]))).toContain(
      '1 of 1 element is not; worst is -0 at [0] instead of 0, 0 apart',
    );
    expect(await messageOf(() => expect(tensor([1, NaN, Infinity])).toBeFiniteTensor())).toContain(
      '2 of 3 elements are not; the first is NaN at [1]',
    );
  });

  test('what was expected not to be', async () => {
    expect(await messageOf(() => expect(x).not.toHaveShape([2, 3]))).toBe(
      'toHaveShape: expected not shape [2, 3]\nreceived Tensor(float32 [2, 3] on cpu)',
    );
    expect(await messageOf(() => expect(x).toBeCloseToTensor(zeros([3, 2])))).toContain('expected shape [3, 2]');
  });

  test.each([
    ['no tensor', () => expect([1]).toHaveShape([1]), 'toHaveShape: received must be a tensor, got Array'],
    ['no tensor, under not', () => expect(1).not.toEqualTensor([1]), 'toEqualTensor: received must be a tensor, got 1'],
    ['a negative tolerance', () => expect(x).toBeCloseToTensor(x, { atol: -1 }), 'atol must be a finite number >= 0'],
    ['an unknown option', () => expect(x).toBeCloseToTensor(x, { tol: 1 } as object), "has no option 'tol'"],
  ])('%s', async (_title, assertion, message) => expect(await messageOf(assertion)).toContain(message));

  test('that a tensor was freed', async () => {
    const freed = zeros([2]);
    freed.dispose();
    expect(await messageOf(() => expect(freed).toHaveShape([2]))).toContain('was used after it was freed');
    expect(await messageOf(() => expect(zeros([2])).toEqualTensor(freed))).toContain('was used after it was freed');
  });
});
