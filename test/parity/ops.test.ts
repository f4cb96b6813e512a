// Outputs and gradients of ops, against PyTorch's.

import { describe, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import type { HostTensor } from '../../tensor/io/elements.ts';
import { scope } from '../../index.ts';
import * as vicinal from '../../index.ts';
import { withoutPrefix } from '../../nn/index.ts';
import { described, devices, expectClose, readFixture, upload } from './fixture.ts';

interface Case {
  readonly op: string;
  /** Names of tensors, and what is passed as it is; null where an optional tensor is left out. */
  readonly args: readonly (string | number | null)[];
  readonly attrs: Readonly<Record<string, unknown>>;
}

const functions = vicinal as unknown as Record<string, (...args: unknown[]) => Tensor>;
const fixture = readFixture('ops');
const cases = (described(fixture, 'cases') as Case[]).map((one, i) => ({
  ...one,
  i,
  title: JSON.stringify(one.attrs),
}));

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(cases)('$i $op $args $title', ({ op, args, attrs, i }) => {
    const of = (part: string): Map<string, HostTensor> => withoutPrefix(`${i}.${part}`, fixture.tensors);
    scope(() => {
      const leaves = new Map([...of('in')].map(([name, host]) => [name, upload(host, device, true)]));
      const output = functions[op]!(
        ...args.map((arg) => (typeof arg === 'string' ? leaves.get(arg) : (arg ?? undefined))),
        attrs,
      );
      const { output: want, weight } = Object.fromEntries(of('out'));
      expectClose(output, want!, tolerance, 'output');
      if (!weight) return;
      output.backward(upload(weight, device));
      for (const [name, host] of of('grad'))
        expectClose(leaves.get(name)!.grad, host, tolerance, `gradient of ${name}`);
    });
  });
});
