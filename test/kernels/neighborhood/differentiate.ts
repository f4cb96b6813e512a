// What a function of the attention gives, and its gradients: to compare two ways of computing the same.

import { expect } from 'vitest';
import type { DeviceName, Shape, Tensor } from '../../../index.ts';
import { concat, grad, scope, tensor } from '../../../index.ts';
import { Generator } from '../../../tensor/philox.ts';
import { sizeOf } from '../../../tensor/shape.ts';
import { expectClose as expectCloseArrays } from '../../close.ts';

export interface HostTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Normal numbers for each name. */
export function drawAll<K extends string>(shapes: Record<K, Shape>, seed = 1): Record<K, HostTensor> {
  const generator = new Generator(seed);
  const drawn = Object.entries<Shape>(shapes).map(([name, shape]) => [
    name,
    { shape, data: generator.normal(sizeOf(shape)) },
  ]);
  return Object.fromEntries(drawn) as Record<K, HostTensor>;
}

export type Values = Readonly<Record<string, ArrayLike<number>>>;

/** The outputs of `body` by name, and the gradient of each input for random gradients of all outputs. */
export async function differentiate<K extends string>(
  device: DeviceName,
  inputs: Record<K, HostTensor>,
  body: (tensors: Record<K, Tensor>) => Record<string, Tensor>,
): Promise<Values> {
  const pending: Record<string, Promise<ArrayLike<number>>> = {};
  scope(() => {
    const made = Object.entries<HostTensor>(inputs).map(
      ([name, { shape, data }]) => [name, tensor(data, { shape: [...shape], device, requiresGrad: true })] as const,
    );
    const outputs = body(Object.fromEntries(made) as Record<K, Tensor>);
    for (const [name, x] of Object.entries(outputs)) pending[name] = x.data();
    const all = concat(Object.values(outputs).map((x) => x.reshape([-1])));
    const weights = tensor(new Generator(7).normal(all.size), { device });
    const leaves = made.map(([, x]) => x);
    grad(all, leaves, { gradOutput: weights }).forEach((x, i) => {
      pending[`gradient of ${made[i]![0]}`] = x.data();
    });
  });
  return Object.fromEntries(await Promise.all(Object.entries(pending).map(async ([name, x]) => [name, await x])));
}

/** Equal but for rounding: |a − b| ≤ tolerance · (1 + |b|); infinities are equal. */
export function expectClose(got: Values, want: Values, tolerance: number): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, values] of Object.entries(want))
    expectCloseArrays(name, got[name]!, values, { atol: tolerance, rtol: tolerance });
}
