// One suite for all ops: each is held to what it declares.

import { describe, expect, test } from 'vitest';
import type { NdArray } from '../tensor/runtime.ts';
import type { AnyOpDefinition } from '../autograd/types.ts';
import { VicinalError, device as startDevice, gradientCheck, scope } from '../index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isFloat } from '../tensor/dtype.ts';
import type { AnyOp, HostInput, HostSample, Lay } from './samples.ts';
import { concat, contiguous } from '../kernels/index.ts';
import { drawSample, makeArguments, ops } from './samples.ts';

/** Devices whose kernels are compared with the reference forms. */
const devices = ['cpu', 'webgpu'];
await startDevice('webgpu');
const lays: readonly Lay[] = ['contiguous', 'strided'];

/** Makes one tensor of one host input. */
const one = contiguous.definition;

function asArray<T>(value: T | readonly T[] | undefined | void): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

/** The reference form on the sample's values. */
function expected(definition: AnyOpDefinition, host: HostSample, attrs: object): readonly NdArray[] {
  const real = (input: HostInput): NdArray => ({
    shape: input.shape,
    data: isFloat(input.dtype) ? Float64Array.from(input.data) : input.data,
  });
  const inputs = Object.fromEntries(
    definition.slots.map(({ name }) => {
      const value = host[name];
      return [name, Array.isArray(value) ? value.map(real) : value && real(value)];
    }),
  );
  return asArray(definition.reference(inputs, { ...definition.attrs, ...attrs }));
}

/** The largest difference, relative to the largest element (at least 1e-3, so that zeros compare). */
function normalizedError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let scale = 1e-3;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i]!, want[i]!];
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b));
    if (Object.is(a, b) || a === b) continue;
    worst = Math.max(worst, Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Infinity);
  }
  return worst / scale;
}

async function readAll(result: unknown): Promise<{ shape: readonly number[]; data: ArrayLike<number> }[]> {
  return Promise.all(asArray(result as Tensor | Tensor[]).map(async (x) => ({ shape: x.shape, data: await x.data() })));
}

/** What a call leaves: its outputs, or the inputs that it wrote. */
function resultsOf(definition: AnyOpDefinition, args: unknown[], outputs: unknown): unknown {
  if (definition.mutates.length === 0) return outputs;
  return definition.mutates
    .map((name) => args[definition.slots.findIndex((slot) => slot.name === name)])
    .filter((x) => x !== undefined);
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
    const attrs = sample['attrs'] ?? {};
    const host = drawSample(definition, sample);
    const want = expected(definition, host, attrs);
    for (const device of [...devices, 'reference']) {
      for (const lay of definition.mutates.length > 0 ? lays.slice(0, 1) : lays) {
        let pending: ReturnType<typeof readAll> | undefined;
        scope(() => {
          const args = makeArguments(definition, host, attrs, device, lay);
          pending = readAll(resultsOf(definition, args, op(...args)));
        });
        const got = await pending!;
        expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => [...shape]));
        got.forEach(({ data }, i) => {
          expect(normalizedError(data, want[i]!.data), `output ${i} on ${device}, ${lay}`).toBeLessThan(
            device === 'reference' ? 1e-6 : definition.tolerance,
          );
        });
      }
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
    !view && !moves && devices.some((name) => !(name in kernels));
  expect(ops.filter(isSilent).map(({ definition }) => definition.name)).toEqual([]);
});
