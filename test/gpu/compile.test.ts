// Every program on Dawn's null backend, which compiles all and runs nothing: in half precision and with large subgroups too, which
// the software driver has not.

import { afterAll, describe, expect, test } from 'vitest';
import type { AnyOp, Lay } from '../../kernels/selfTest/samples.ts';
import type { Device, Dtype, Tensor } from '../../index.ts';
import * as vicinal from '../../index.ts';
import '../../kernels/webgpu.ts';
import { snake } from '../../examples/custom-op/snake.ts';
import { conv2dInputGrad, conv2dWeightGrad } from '../../kernels/index.ts';
import { openGpu } from '../../kernels/runtime/webgpu/gpu.ts';
import { WebgpuRuntime } from '../../kernels/runtime/webgpu/runtime.ts';
import { drawSample, makeArguments, ops } from '../../kernels/selfTest/samples.ts';
import { holdKeys } from './texts.ts';

const { grad, scope, zeros } = vicinal;

holdKeys();

async function start(features: string[], info: object): Promise<WebgpuRuntime> {
  const gpu = await openGpu(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  const adapter = (await gpu.requestAdapter())!;
  return new WebgpuRuntime(await adapter.requestDevice({ requiredFeatures: features as GPUFeatureName[] }), {
    ...info,
  });
}

const floor = await start([], {});
const large = await start(['shader-f16', 'subgroups'], { subgroupSize: 32 });
afterAll(() => [floor, large].forEach((runtime) => runtime.dispose()));

const variants: readonly (readonly [title: string, runtime: WebgpuRuntime, real: Dtype])[] = [
  ['float32, no features', floor, 'float32'],
  ['float32, subgroups of 32', large, 'float32'],
  ['float16, subgroups of 32', large, 'float16'],
];

/** Runs one op on all its samples, its reals in that dtype. */
async function runSamples(op: AnyOp, runtime: WebgpuRuntime, real: Dtype): Promise<void> {
  const { definition } = op;
  const lays: Lay[] = definition.mutates.length > 0 ? ['contiguous'] : ['contiguous', 'strided'];
  for (const sample of definition.samples as readonly Record<string, object>[]) {
    const host = drawSample(definition, sample);
    for (const slot of definition.slots.filter((s) => s.class !== 'wide'))
      for (const value of [host[slot.name]].flat())
        if (value?.dtype === 'float32') Object.assign(value, { dtype: real });
    for (const lay of lays)
      scope(() => void op(...makeArguments(definition, host, sample['attrs'], runtime as never, lay)));
  }
  await runtime.finish();
}

describe.each(variants)('%s', (_title, runtime, real) => {
  const on = { device: runtime as Device, dtype: real };
  const make = (...shape: number[]): Tensor => zeros(shape, { ...on, requiresGrad: true });

  test.each(ops.map((op): [string, AnyOp] => [op.definition.name, op]))('%s', async (_name, op) => {
    await runSamples(op, runtime, real);
  });

  const sizes: readonly (readonly [string, () => unknown])[] = [
    ['products by tiles', () => [64, 132, 260].map((n) => make(n, 96).matmul(make(96, n + 4)))],
    ['products of a thousand rows', () => make(1024, 512).matmul(make(512, 1024)).add(make(1024))],
    ['products of turned matrices', () => make(258, 131).transpose().matmul(make(130, 258).transpose())],
    ['products of a long K', () => make(40, 30_000).matmul(make(30_000, 41))],
    ['linear', () => gradients(vicinal.linear(make(300, 96), make(192, 96), make(192)))],
    ['convolution', () => convolutions(make(2, 32, 40, 40), make(64, 16, 3, 3))],
    ['rows longer than a workgroup takes', () => rows(make(3, 20_001))],
    ['columns', () => columns(make(5000, 37))],
    ['pictures', () => gradients(vicinal.batchNorm(make(4, 16, 50, 50), make(16), make(16), { training: true }))],
  ];
  test.each(sizes)('%s', async (_name, body) => {
    scope(() => void body());
    await runtime.finish();
  });

  test.each([
    [[2, 14, 14, 3, 32], { kernelSize: 7 }],
    [[1, 20, 20, 2, 64], { kernelSize: [5, 7], dilation: [2, 1], isCausal: [true, false] }],
    [[1, 6, 10, 12, 1, 16], { kernelSize: 3, stride: [1, 2, 1] }],
    [[1, 40, 2, 128], { kernelSize: 9, isCausal: true }],
    [[1, 9, 9, 2, 20], { kernelSize: 4, dilation: 2, dropout: 0.1 }],
  ] as const)('neighborhood attention of %j, %j', async (shape, options) => {
    scope(() => {
      const [q, k, v] = [make(...shape), make(...shape), make(...shape)];
      for (const implementation of ['fused', 'unfused', 'dense'] as const) {
        const { output, logsumexp } = vicinal.neighborhoodAttention(q, k, v, {
          ...options,
          implementation,
          returnLogsumexp: true,
        });
        grad(output.sum().add(logsumexp.sum()), [q, k, v]);
      }
    });
    await runtime.finish();
  });

  test('a program of one’s own', () => runSamples(snake as AnyOp, runtime, real));

  test('casts', async () => {
    scope(() => {
      for (const from of runtime.dtypes)
        for (const to of runtime.dtypes) zeros([7, 5], { device: runtime, dtype: from }).transpose().cast(to);
    });
    await runtime.finish();
  });
});

function gradients(y: Tensor): void {
  y.square().sum().backward();
}

function convolutions(x: Tensor, weight: Tensor): void {
  const options = { padding: 1, groups: 2 };
  const y = vicinal.conv2d(x, weight, undefined, options);
  conv2dInputGrad(y, weight, { ...options, size: [40, 40] });
  conv2dWeightGrad(x, y, { ...options, kernelSize: [3, 3] });
}

function rows(x: Tensor): void {
  const n = x.shape[1]!;
  const one = zeros([n], { device: x.device, dtype: x.dtype });
  for (const y of [x.softmax(), x.logSoftmax(), vicinal.layerNorm(x, one, one)]) gradients(y);
  gradients(x.logsumexp({ axis: -1 }));
  x.argmax({ axis: -1 });
  [x.max(), x.sum(), x.mean({ axis: 1 })].forEach(gradients);
}

function columns(x: Tensor): void {
  [x.softmax({ axis: 0 }), x.sum({ axis: 0 }), x.max({ axis: 0 }), x.variance({ axis: 0 })].forEach(gradients);
}

test('a device of the null backend does compile: an error in a program is heard of', async () => {
  const source = { name: 'wrong', buffers: [['x', 'f32', 'write'] as const], workgroupSize: [1] as const };
  large.program('wrong', () => ({ ...source, body: '  x[0] = 1i;' }));
  await expect(large.finish()).rejects.toThrow("wrong: the WGSL of 'wrong' does not compile: line 8: cannot assign");
});
