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
  /** Names of tensors, lists of them, and what is passed as it is; null where an optional tensor is left out. */
  readonly args: readonly unknown[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Which of several outputs. */
  readonly part?: number;
}

const functions = vicinal as unknown as Record<string, (...args: unknown[]) => Tensor | Tensor[]>;
const cases = ['ops', 'order', 'windows', 'functions'].flatMap((name) => {
  const fixture = readFixture(name);
  return (described(fixture, 'cases') as Case[]).map((one, i) => ({
    ...one,
    i,
    fixture,
    title: JSON.stringify(one.attrs),
  }));
});

/** The argument that is meant: a tensor by its name, a list of them, or the value itself. */
function given(arg: unknown, leaves: ReadonlyMap<string, Tensor>): unknown {
  if (Array.isArray(arg)) return arg.map((item) => given(item, leaves));
  return leaves.get(arg as string) ?? arg ?? undefined;
}

describe.each(devices)('$device', ({ device, tolerance }) => {
  test.each(cases)('$i $op $args $title', ({ op, args, attrs, i, fixture, part = 0 }) => {
    const of = (part: string): Map<string, HostTensor> => withoutPrefix(`${i}.${part}`, fixture.tensors);
    scope(() => {
      const leaves = new Map([...of('in')].map(([name, host]) => [name, upload(host, device, true)]));
      const options = Object.keys(attrs).length > 0 ? [attrs] : [];
      const results = functions[op]!(...args.map((arg) => given(arg, leaves)), ...options);
      const output = [results].flat()[part]!;
      const { output: want, weight } = Object.fromEntries(of('out'));
      expectClose(output, want!, tolerance, 'output');
      if (!weight) return;
      output.backward(upload(weight, device));
      for (const [name, host] of of('grad'))
        expectClose(leaves.get(name)!.grad, host, tolerance, `gradient of ${name}`);
    });
  });
});
