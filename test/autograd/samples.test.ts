import { expect, test } from 'vitest';
import { samplesOf, supplySamples } from '../../autograd/samples.ts';
import { add, defineOp, selfTest } from '../../index.ts';

test('a table supplies an op with its samples, once', () => {
  const op = defineOp<['x']>({ name: 'same', inputs: ['x'], shape: ({ x }) => x, reference: ({ x }) => x });
  const line = samplesOf(op, { samples: [{ x: [3] }] });
  supplySamples([line]);
  expect(op.definition).toMatchObject({ samples: [{ x: [3] }], errors: [] });
  expect(() => supplySamples([line])).toThrow('same has samples already');
});

test("the library's own are loaded by what tries them", async () => {
  expect(add.definition.samples).toEqual([]);
  expect(await selfTest('cpu', { ops: [add] })).toEqual({ passed: 1, failed: [] });
  expect(add.definition.samples).not.toEqual([]);
});
