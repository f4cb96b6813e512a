// What the tests of the tape share: tensors on the reference device, and a count of what is left of them.

import { expect, test } from 'vitest';
import { memory, scope, tensor, type Tensor } from '../../index.ts';

export const device = 'reference';
export const leaf = (values: unknown): Tensor => tensor(values as number[], { device, requiresGrad: true });
export const plain = (values: unknown): Tensor => tensor(values as number[], { device });
export const values = (x: Tensor | null | undefined): number[] | null => (x ? [...x.dataNow()!] : null);

/** Live handles and bytes. */
export function live(): { tensors: number; bytes: number } {
  plain(0).dispose(); // starts the device
  const { tensors, bytes } = memory()[device]!;
  return { tensors, bytes };
}

/** A test that must free every buffer it makes, and those that the tape kept for it. */
export function settling(title: string, body: () => void): void {
  test(title, () => {
    const before = live();
    body();
    expect(live()).toEqual(before);
  });
}

/** The same, with its handles freed at its end. */
export function within(title: string, body: () => void): void {
  settling(title, () => scope(body));
}
