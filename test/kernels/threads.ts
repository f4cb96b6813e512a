import { expect } from 'vitest';
import type { Tensor } from '../../index.ts';
import { withThreads } from './operands.ts';

/** Asserts that `body` gives the same bits with 1, 2 and 4 threads. Bytes are compared, which is quick. */
export async function expectSameBits(body: () => Tensor): Promise<void> {
  const [one, ...others] = (await withThreads(body)).map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
  expect(others.map((bytes) => bytes.equals(one!))).toEqual([true, true]);
}
