import { expect, test } from 'vitest';
import { kernelOf, supplyKernels } from '../../autograd/kernels.ts';
import { add, defineOp, device, elements, tensor, type Kernel, type Op } from '../../index.ts';

const twice: Kernel<['x']> = ({ x }, _attrs, [y]) => elements(y!).set(elements(x).map((v) => 2 * v));

function double(kernels: Partial<Record<'cpu' | 'webgpu', Kernel<['x']>>>): Op<['x']> {
  return defineOp<['x']>({
    name: 'double',
    inputs: ['x'],
    shape: ({ x }) => x,
    reference: ({ x }) => ({ shape: x.shape, data: x.data.map((v) => 2 * v) }),
    kernels,
    samples: [{ x: [3] }],
  });
}

test('a table supplies an op with its kernel, and the op under its other names', async () => {
  const kernels = {};
  const [op, other] = [double(kernels), double(kernels)];
  expect(() => op(tensor([1]))).toThrow("double: has no kernel for 'cpu' (it has: reference only)");
  supplyKernels('cpu', [kernelOf(op, twice)]);
  expect(await op(tensor([1, 2])).array()).toEqual([2, 4]);
  expect(await other(tensor([3])).array()).toEqual([6]);
});

test("an op's own kernel stands, and a second one is refused", () => {
  const op = double({ cpu: twice, webgpu: twice });
  expect(() => supplyKernels('webgpu', [kernelOf(op, () => {})])).toThrow("double has two kernels for 'webgpu'");
  expect(op.definition.kernels.webgpu).toBe(twice);
});

test('the tables of a device are loaded when it starts, once', async () => {
  expect(Object.keys(add.definition.kernels)).toEqual(['cpu']);
  (await device('webgpu')).dispose();
  await device('webgpu');
  expect(Object.keys(add.definition.kernels)).toEqual(['cpu', 'webgpu']);
});
