import { describe, expect, test } from 'vitest';
import { memory, randn, scope, tensor, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const layers: [string, () => nn.Layer, number[], number[]][] = [
  ['Conv1d', () => new nn.Conv1d(2, 4, 3, { stride: 2, groups: 2 }), [2, 2, 9], [2, 4, 4]],
  ['Conv3d', () => new nn.Conv3d(2, 4, [1, 3, 2], { padding: [0, 1, 0] }), [1, 2, 3, 5, 4], [1, 4, 3, 5, 3]],
  ['ConvTranspose1d', () => new nn.ConvTranspose1d(4, 2, 3, { stride: 2, groups: 2 }), [2, 4, 5], [2, 2, 11]],
  [
    'ConvTranspose2d',
    () => new nn.ConvTranspose2d(3, 2, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    [2, 3, 4, 5],
    [2, 2, 8, 10],
  ],
  ['ConvTranspose3d', () => new nn.ConvTranspose3d(2, 3, 2, { bias: false }), [1, 2, 2, 3, 4], [1, 3, 3, 4, 5]],
  ['MaxPool1d', () => new nn.MaxPool1d(2, { ceilMode: true }), [1, 2, 7], [1, 2, 4]],
  ['MaxPool3d', () => new nn.MaxPool3d(2, { dilation: 2, stride: 1 }), [1, 2, 4, 5, 6], [1, 2, 2, 3, 4]],
  ['AvgPool1d', () => new nn.AvgPool1d(3, { padding: 1, countIncludePad: false }), [1, 2, 6], [1, 2, 2]],
  ['AvgPool3d', () => new nn.AvgPool3d([1, 2, 2]), [1, 2, 3, 4, 6], [1, 2, 3, 2, 3]],
  ['AdaptiveAvgPool1d', () => new nn.AdaptiveAvgPool1d(3), [1, 2, 7], [1, 2, 3]],
  ['AdaptiveAvgPool3d', () => new nn.AdaptiveAvgPool3d([1, 2, 3]), [1, 2, 4, 5, 6], [1, 2, 1, 2, 3]],
  ['AdaptiveMaxPool1d', () => new nn.AdaptiveMaxPool1d(3), [1, 2, 7], [1, 2, 3]],
  ['AdaptiveMaxPool2d', () => new nn.AdaptiveMaxPool2d([2, 1]), [1, 2, 5, 3], [1, 2, 2, 1]],
  ['AdaptiveMaxPool3d', () => new nn.AdaptiveMaxPool3d(2), [1, 2, 4, 5, 6], [1, 2, 2, 2, 2]],
  ['BatchNorm1d of vectors', () => new nn.BatchNorm1d(3), [4, 3], [4, 3]],
  ['BatchNorm1d of sequences', () => new nn.BatchNorm1d(3), [4, 3, 5], [4, 3, 5]],
  ['BatchNorm3d', () => new nn.BatchNorm3d(3), [2, 3, 2, 3, 4], [2, 3, 2, 3, 4]],
  ['InstanceNorm1d', () => new nn.InstanceNorm1d(3, { affine: true }), [2, 3, 5], [2, 3, 5]],
  ['InstanceNorm2d', () => new nn.InstanceNorm2d(3, { trackRunningStats: true }), [2, 3, 4, 5], [2, 3, 4, 5]],
  ['InstanceNorm3d', () => new nn.InstanceNorm3d(3), [2, 3, 2, 3, 4], [2, 3, 2, 3, 4]],
  ['GroupNorm', () => new nn.GroupNorm(2, 4), [2, 4, 3, 3], [2, 4, 3, 3]],
  ['RMSNorm', () => new nn.RMSNorm([3, 4]), [2, 3, 4], [2, 3, 4]],
  ['Upsample', () => new nn.Upsample({ scaleFactor: 1.5, mode: 'bicubic' }), [1, 2, 4, 6], [1, 2, 6, 9]],
  ['PixelShuffle', () => new nn.PixelShuffle(2), [1, 8, 2, 3], [1, 2, 4, 6]],
  ['PixelUnshuffle', () => new nn.PixelUnshuffle(2), [1, 2, 4, 6], [1, 8, 2, 3]],
  ['Unfold', () => new nn.Unfold(3, { padding: 1 }), [1, 2, 4, 5], [1, 18, 20]],
  ['Fold', () => new nn.Fold([4, 5], 3, { padding: 1 }), [1, 18, 20], [1, 2, 4, 5]],
  ['ZeroPad2d', () => new nn.ZeroPad2d([1, 2, 3, 4]), [1, 2, 3, 3], [1, 2, 10, 6]],
];

describe.each(layers)('%s', (name, make, from, to) => {
  test('gives its shape, forward and backward, and leaves nothing behind', () => {
    using layer = make();
    expect(layer.toString()).toContain(name.split(' ')[0]);
    const start = memory().cpu!;
    const x = randn(from, { requiresGrad: true });
    const y = layer.forward(x);
    expect(y.shape).toEqual(to);
    expect(memory().cpu!.tensors, 'x and y alone').toBe(start.tensors + 2);
    scope(() => y.square().sum().backward());
    expect(x.grad!.shape).toEqual(from);
    layer.zeroGrad();
    y.dispose();
    x.dispose();
    expect(memory().cpu).toMatchObject({ tensors: start.tensors, bytes: start.bytes });
  });
});

test('state dict keys are those of PyTorch', () => {
  const keys = (module: nn.Module): string[] =>
    scope(() => [...module.stateDict()].map(([key, { shape }]) => `${key} ${shape.join('x')}`));
  const running = ['running_mean 3', 'running_var 3', 'num_batches_tracked '];
  expect(keys(new nn.Conv1d(4, 6, 3, { groups: 2 }))).toEqual(['weight 6x2x3', 'bias 6']);
  expect(keys(new nn.Conv3d(4, 6, [1, 2, 3]))).toEqual(['weight 6x4x1x2x3', 'bias 6']);
  expect(keys(new nn.ConvTranspose2d(4, 6, [3, 2], { groups: 2 }))).toEqual(['weight 4x3x3x2', 'bias 6']);
  expect(keys(new nn.BatchNorm1d(3))).toEqual(['weight 3', 'bias 3', ...running]);
  expect(keys(new nn.InstanceNorm1d(3))).toEqual([]);
  expect(keys(new nn.InstanceNorm1d(3, { affine: true, trackRunningStats: true }))).toEqual([
    'weight 3',
    'bias 3',
    ...running,
  ]);
  expect(keys(new nn.GroupNorm(1, 3))).toEqual(['weight 3', 'bias 3']);
  expect(keys(new nn.RMSNorm(3))).toEqual(['weight 3']);
});

test('a transposed convolution begins uniform in ±1/√fan of what it writes, as in PyTorch', () => {
  const { weight, bias } = new nn.ConvTranspose2d(8, 32, 3, { groups: 2 });
  const bound = 1 / Math.sqrt(16 * 9);
  for (const parameter of [weight, bias!]) {
    const largest = Math.max(...Array.from(parameter.dataNow()!, Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.9 * bound);
  }
});

test('InstanceNorm in eval uses the running statistics that it keeps', () => {
  const layer = new nn.InstanceNorm1d(1, { trackRunningStats: true, eps: 0, momentum: 1 });
  const x = tensor([1, 3, 1, 3], { shape: [1, 1, 4] });
  scope(() => layer.forward(x)); // mean 2, unbiased variance 4/3
  scope(() => {
    const y = layer
      .eval()
      .forward(tensor([2, 4], { shape: [1, 1, 2] }))
      .dataNow()!;
    expect(y[0]).toBeCloseTo(0, 5);
    expect(y[1]).toBeCloseTo(Math.sqrt(3), 4);
  });
});

describe('refusals', () => {
  test.each<[string, () => unknown]>([
    [
      'Conv3d: kernelSize is [3, 3]; it must be one integer >= 1 or three [z, y, x]',
      () => new nn.Conv3d(1, 1, [3, 3] as never),
    ],
    ['Conv1d: groups 2 must divide inChannels 3 and outChannels 4', () => new nn.Conv1d(3, 4, 1, { groups: 2 })],
    [
      'ConvTranspose1d: outputPadding 2 must be less than stride 2',
      () => new nn.ConvTranspose1d(3, 4, 3, { stride: 2, outputPadding: 2 }),
    ],
    ['GroupNorm: numGroups 3 must divide numChannels 4', () => new nn.GroupNorm(3, 4)],
    ['GroupNorm: x has shape [1, 3]; it must be [B, 4, ...]', () => new nn.GroupNorm(2, 4).forward(zeros([1, 3]))],
    [
      'BatchNorm1d: x has shape [2, 3, 4, 4]; it must be [B, 3] or [B, 3, X]',
      () => new nn.BatchNorm1d(3).forward(zeros([2, 3, 4, 4])),
    ],
    [
      'InstanceNorm2d: x has shape [2, 3, 4]; it must be [B, 3, Y, X]',
      () => new nn.InstanceNorm2d(3).forward(zeros([2, 3, 4])),
    ],
    ['Upsample: needs either size or scaleFactor', () => new nn.Upsample({ mode: 'nearest' })],
    ["Upsample: has no option 'antialias'", () => new nn.Upsample({ size: 2, antialias: true } as never)],
    ['PixelShuffle: upscaleFactor is 0', () => new nn.PixelShuffle(0)],
    ['ZeroPad2d: bottom is undefined', () => new nn.ZeroPad2d([1, 2, 3] as never)],
    ['AdaptiveMaxPool2d: outputSize is 0', () => new nn.AdaptiveMaxPool2d(0)],
  ])('%s', (message, make) => {
    expect(() => scope(() => void make())).toThrow(message);
  });
});
