// One suite for all ops: each is held to what it declares.

import { describe, expect, test } from 'vitest';
import type { AnyOp } from '../kernels/selfTest/samples.ts';
import { VicinalError, gradientCheck, scope } from '../index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isFloat } from '../tensor/dtype.ts';
import { concat, contiguous } from '../kernels/index.ts';
import { comparisonOf, laysOf } from '../kernels/selfTest/compare.ts';
import { drawSample, makeArguments, ops } from '../kernels/selfTest/samples.ts';
import { devices } from './devices.ts';

/** Devices whose kernels are compared with the reference forms. */
const withKernels = devices.filter((name) => name !== 'reference');

/** Makes one tensor of one host input. */
const one = contiguous.definition;

function asArray<T>(value: T | readonly T[] | undefined | void): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

describe.each(
  ops.filter(({ definition }) => definition.samples.length > 0).map((op): [string, AnyOp] => [op.definition.name, op]),
)('%s', (_name, op) => {
  const { definition } = op;
  const samples = definition.samples.map((sample, i): [string, Record<string, unknown>] => [
    `${i} ${JSON.stringify(sample)}`,
    sample,
  ]);

  test.each(samples)('sample %s: shape rule and kernels agree with the reference', async (_title, sample) => {
    const compare = comparisonOf(op, sample);
    for (const device of devices) {
      for (const lay of laysOf(definition)) expect(await compare(device, lay), `on ${device}, ${lay}`).toBeNull();
    }
  });

  if (definition.backward) {
    test.each(samples)('sample %s: the gradient is the central difference', async (_title, sample) => {
      const host = drawSample(definition, sample, 2);
      const inputs = Object.entries(host).flatMap(([name, value]) => asArray(value).map((input) => ({ name, input })));
      if (!inputs.some(({ input }) => isFloat(input.dtype))) return;
      const isReal = scope(() =>
        asArray(op(...makeArguments(definition, host, sample['attrs'] as object, 'reference')) as Tensor).some((x) =>
          isFloat(x.dtype),
        ),
      );
      if (!isReal) return;
      const made = inputs.map(({ input }) => makeArguments(one, { x: input }, undefined, 'reference')[0] as Tensor);
      await gradientCheck((...tensors) => {
        let next = 0;
        const args = definition.slots.map(({ name }) => {
          const value = host[name];
          return Array.isArray(value) ? value.map(() => tensors[next++]) : value && tensors[next++];
        });
        const outputs = asArray(op(...args, sample['attrs']) as Tensor | Tensor[]).filter((x) => isFloat(x.dtype));
        return outputs.map((x) => x.reshape([-1])).reduce((a, b) => concat([a, b]));
      }, made);
      made.forEach((x) => x.dispose());
    });
  }

  if (definition.errors.length > 0) {
    test.each(definition.errors.map((entry): [string, typeof entry] => [String(entry.throws), entry]))(
      'refuses: %s',
      (_title, { throws, attrs, ...sample }) => {
        scope(() => {
          const args = makeArguments(definition, drawSample(definition, sample), attrs as object, 'cpu');
          expect(() => op(...args)).toThrow(throws);
          expect(() => op(...args)).toThrow(VicinalError);
        });
      },
    );
  }
});

test('every op has samples, and kernels for every device unless it has none at all', () => {
  const bare = ops
    .filter(({ definition }) => definition.samples.length === 0 && !definition.moves)
    .map(({ definition }) => definition.name);
  expect(bare).toEqual([]);
  const isSilent = ({ definition: { kernels, view, moves } }: AnyOp): boolean =>
    !view && !moves && withKernels.some((name) => !(name in kernels));
  expect(ops.filter(isSilent).map(({ definition }) => definition.name)).toEqual([]);
});
