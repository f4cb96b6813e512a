// Half precision in the self-test. No device here has float16: the software driver lacks it, and Dawn's null backend keeps no data.

import { expect, test } from 'vitest';
import { defineOp, selfTest, type Dtype, type Op } from '../index.ts';
import { ReferenceRuntime } from '../kernels/runtime/reference/runtime.ts';
import { floatsFromHalves, halvesFromFloats } from '../tensor/io/half.ts';

/** The reference device under another name, so that it has kernels of its own, with float16. */
class WithHalves extends ReferenceRuntime {
  override readonly name = 'webgl' as never;
  override readonly dtypes: readonly Dtype[] = ['float64', 'float16', 'int32', 'bool'];
}
const device = new WithHalves();

/** An op whose kernel gives 0 everywhere. */
const op = (f: (value: number) => number): Op<['x']> =>
  defineOp<['x']>({
    name: 'f',
    inputs: ['x'],
    shape: ({ x }) => x,
    reference: ({ x }) => ({ shape: x.shape, data: Float64Array.from(x.data, f) }),
    kernels: { webgl: (_inputs, _attrs, [y]) => device.fill(y!.storage.handle, y!.dtype, y!.size, 0) },
    samples: [{ x: [2, 3] }],
  });

test('a device with float16 is tried in both', async () => {
  expect(await selfTest(device, { ops: [op(() => 0)] })).toEqual({ passed: 1, failed: [] });
  const isHalf = (value: number): number => Number(floatsFromHalves(halvesFromFloats([value]))[0] === value);
  const { failed } = await selfTest(device, { ops: [op(isHalf)] });
  expect(failed).toEqual([
    {
      op: 'f',
      reason:
        'sample {"x":[2,3]}, float16, contiguous: output 0 is off by 1.0 of its largest element, where 0.002 is allowed: ' +
        'element 0 of [2, 3] is 0, the reference form gives 1',
    },
  ]);
});
