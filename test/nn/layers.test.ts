import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { DisposedError, memory, randn, scope, ShapeError, tensor, zeros } from '../../index.ts';
import * as nn from '../../nn/index.ts';

const shapes: [string, () => nn.Layer, number[], number[]][] = [
  ['Linear', () => new nn.Linear(3, 5), [2, 4, 3], [2, 4, 5]],
  ['Conv2d', () => new nn.Conv2d(2, 4, 3, { stride: 2, padding: 1, groups: 2 }), [2, 2, 7, 8], [2, 4, 4, 4]],
  ['LayerNorm', () => new nn.LayerNorm([4, 3]), [2, 4, 3], [2, 4, 3]],
  ['BatchNorm2d', () => new nn.BatchNorm2d(3), [2, 3, 4, 4], [2, 3, 4, 4]],
  ['ReLU', () => new nn.ReLU(), [2, 3], [2, 3]],
  ['GELU', () => new nn.GELU({ approximate: 'tanh' }), [2, 3], [2, 3]],
  ['SiLU', () => new nn.SiLU(), [2, 3], [2, 3]],
  ['Tanh', () => new nn.Tanh(), [2, 3], [2, 3]],
  ['Sigmoid', () => new nn.Sigmoid(), [2, 3], [2, 3]],
  ['LeakyReLU', () => new nn.LeakyReLU(0.2), [2, 3], [2, 3]],
  ['ELU', () => new nn.ELU(), [2, 3], [2, 3]],
  ['Softplus', () => new nn.Softplus({ beta: 2 }), [2, 3], [2, 3]],
  ['Hardswish', () => new nn.Hardswish(), [2, 3], [2, 3]],
  ['Mish', () => new nn.Mish(), [2, 3], [2, 3]],
  ['Softmax', () => new nn.Softmax(0), [2, 3], [2, 3]],
  ['Dropout', () => new nn.Dropout(0.5), [2, 3], [2, 3]],
  ['DropPath', () => new nn.DropPath(0.5), [2, 3], [2, 3]],
  ['MaxPool2d', () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }), [1, 2, 7, 7], [1, 2, 4, 4]],
  ['AvgPool2d', () => new nn.AvgPool2d([2, 1]), [1, 2, 6, 3], [1, 2, 3, 3]],
  ['AdaptiveAvgPool2d', () => new nn.AdaptiveAvgPool2d([2, 1]), [1, 2, 5, 3], [1, 2, 2, 1]],
  ['Flatten', () => new nn.Flatten(), [2, 3, 4], [2, 12]],
  ['Identity', () => new nn.Identity(), [2, 3], [2, 3]],
  ['MLP', () => new nn.MLP(4, { hiddenFeatures: 8, outFeatures: 2, drop: 0.1 }), [2, 3, 4], [2, 3, 2]],
  ['Sequential', () => new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2)), [5, 3], [5, 2]],
  ['MultiheadAttention', () => new nn.MultiheadAttention(8, 2, { dropout: 0.1 }), [2, 5, 8], [2, 5, 8]],
  ['NeighborhoodAttention1d', () => new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 3 }), [2, 5, 8], [2, 5, 8]],
  [
    'NeighborhoodAttention2d',
    () =>
      new nn.NeighborhoodAttention2d(8, 2, {
        kernelSize: [3, 2],
        dilation: [1, 2],
        isCausal: [true, false],
        projDrop: 0.1,
      }),
    [2, 5, 4, 8],
    [2, 5, 4, 8],
  ],
  [
    'NeighborhoodAttention3d',
    () => new nn.NeighborhoodAttention3d(4, 1, { kernelSize: 2, stride: 2 }),
    [1, 3, 2, 4, 4],
    [1, 3, 2, 4, 4],
  ],
];

describe.each(shapes)('%s', (_, make, from, to) => {
  test('gives its shape, forward and backward, and leaves nothing behind', () => {
    using layer = make();
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

describe('state dict keys are those of PyTorch and NATTEN', () => {
  const keys = (module: nn.Module): string[] =>
    scope(() => [...module.stateDict()].map(([key, { shape }]) => `${key} ${shape.join('x')}`));
  test.each([
    [new nn.Linear(3, 2), ['weight 2x3', 'bias 2']],
    [new nn.Linear(3, 2, { bias: false }), ['weight 2x3']],
    [new nn.Conv2d(4, 6, [3, 2], { groups: 2 }), ['weight 6x2x3x2', 'bias 6']],
    [new nn.LayerNorm([2, 3], { bias: false }), ['weight 2x3']],
    [new nn.LayerNorm(3, { elementwiseAffine: false }), []],
    [new nn.BatchNorm2d(3), ['weight 3', 'bias 3', 'running_mean 3', 'running_var 3', 'num_batches_tracked ']],
    [new nn.Embedding(5, 2), ['weight 5x2']],
    [new nn.MLP(2, { hiddenFeatures: 3 }), ['fc1.weight 3x2', 'fc1.bias 3', 'fc2.weight 2x3', 'fc2.bias 2']],
    [
      new nn.NeighborhoodAttention2d(4, 2, { kernelSize: 3 }),
      ['qkv.weight 12x4', 'qkv.bias 12', 'proj.weight 4x4', 'proj.bias 4'],
    ],
    [
      new nn.NeighborhoodAttention1d(4, 2, { kernelSize: 3, qkvBias: false }),
      ['qkv.weight 12x4', 'proj.weight 4x4', 'proj.bias 4'],
    ],
    [new nn.Sequential(new nn.ReLU(), new nn.Sequential(new nn.LayerNorm(1))), ['1.0.weight 1', '1.0.bias 1']],
    [new nn.ModuleList([new nn.LayerNorm(1)]), ['0.weight 1', '0.bias 1']],
  ])('%#', (module, expected) => expect(keys(module)).toEqual(expected));
});

test('a model prints as a tree', () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { stride: 2, padding: [1, 2], bias: false }),
    new nn.BatchNorm2d(8, { eps: 0.001 }),
    new nn.NeighborhoodAttention2d(8, 2, { kernelSize: 3, dilation: [1, 2] }),
    new nn.MLP(8, { drop: 0.1 }),
    new nn.MaxPool2d(2),
    new nn.Softmax(),
  );
  expect(String(model)).toMatchInlineSnapshot(`
    "Sequential
    ├─ 0: Conv2d(1, 8, 3, { stride: 2, padding: [1, 2], bias: false })         72
    ├─ 1: BatchNorm2d(8, { eps: 0.001 })                                       16
    ├─ 2: NeighborhoodAttention2d(8, 2, { kernelSize: 3, dilation: [1, 2] })  288
    │  ├─ qkv: Linear(8, 24)                                                  216
    │  ├─ proj: Linear(8, 8)                                                   72
    │  └─ proj_drop: Dropout(0)
    ├─ 3: MLP                                                                 144
    │  ├─ fc1: Linear(8, 8)                                                    72
    │  ├─ act: GELU
    │  ├─ fc2: Linear(8, 8)                                                    72
    │  └─ drop: Dropout(0.1)
    ├─ 4: MaxPool2d(2)
    └─ 5: Softmax(-1)
    520 parameters, 520 trainable"
  `);
  expect(String(new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }))).toMatch(
    /^CrossEntropyLoss\({ labelSmoothing: 0.1 }\)\n/,
  );
});

describe('training and evaluation', () => {
  test('dropout drops while training only', async () => {
    using x = tensor(new Float32Array(1000).fill(1));
    const layer = new nn.Dropout(0.25);
    const trained = await scope(() => layer.forward(x)).data();
    expect([...new Set(trained)].sort((a, b) => a - b)).toEqual([0, Math.fround(1 / 0.75)]);
    expect(await scope(() => layer.eval().forward(x)).data()).toEqual(await x.data());
  });

  test('batchNorm keeps running statistics, and uses them in evaluation', async () => {
    using layer = new nn.BatchNorm2d(1, { momentum: 0.5 });
    const x = tensor([1, 3, 5, 7], { shape: [4, 1, 1, 1] });
    scope(() => layer.forward(x));
    expect(await layer.runningMean.array()).toEqual([2]);
    expect((await layer.runningVar.data())[0]).toBeCloseTo(0.5 + 0.5 * (20 / 3), 5);
    expect(await layer.numBatchesTracked.item()).toBe(1);
    const y = await scope(() => layer.eval().forward(x)).data();
    expect(y[0]).toBeCloseTo(-1 / Math.sqrt(0.5 + 10 / 3 + 1e-5), 5);
    expect(await layer.numBatchesTracked.item()).toBe(1);
  });
});

test('weights that are tied are trained once, with both gradients', async () => {
  const [a, b] = [new nn.Linear(2, 2, { bias: false }), new nn.Linear(2, 2, { bias: false })];
  b.weight = a.weight;
  const model = new nn.Sequential(a, b);
  nn.init.ones(a.weight);
  expect(model.parameters()).toEqual([a.weight]);
  scope(() =>
    model
      .forward(tensor([[1, 0]]))
      .sum()
      .backward(),
  );
  expect(await a.weight.grad!.array()).toEqual([
    [3, 1],
    [3, 1],
  ]); // 2 from each row's use above, 1 from below
});

describe('bad arguments', () => {
  const x = (...shape: number[]): Tensor => zeros(shape);
  test.each<[() => unknown, string]>([
    [() => new nn.Linear(0, 3), 'Linear: inFeatures is 0; it must be an integer >= 1'],
    [() => new nn.Conv2d(3, 4, 3, { groups: 2 }), 'Conv2d: groups 2 must divide inChannels 3 and outChannels 4'],
    [
      () => new nn.Conv2d(1, 1, [3, 3, 3] as never),
      'Conv2d: kernelSize is [3, 3, 3]; it must be one integer >= 1 or two [y, x]',
    ],
    [() => new nn.Conv2d(1, 1, 3, { padding: -1 }), 'Conv2d: padding is -1; it must be one integer >= 0'],
    [() => new nn.Conv2d(1, 1, null as never), 'Conv2d: kernelSize is null; it must be one integer >= 1'],
    [() => new nn.NeighborhoodAttention2d(8, 2, undefined as never), "needs the option 'kernelSize'"],
    [() => new nn.NeighborhoodAttention2d(8, 2, { kernelSize: 0 }), 'kernelSize along axis X must be an integer >= 1'],
    [() => new nn.NeighborhoodAttention2d(8, 2, { kernelSize: 3, stride: 4 }), 'stride 4 is larger than kernelSize 3'],
    [
      () => new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 3, projDrop: 2 }),
      'Dropout: p must be a number of 0..1, got 2',
    ],
    [() => new nn.MLP(4, { drop: 2 }), 'Dropout: p must be a number of 0..1, got 2'],
    [() => new nn.MLP(4, { outFeatures: -1 }), 'MLP: outFeatures is -1'],
    [() => new nn.LayerNorm([]), 'LayerNorm: normalizedShape is []; name at least one axis'],
    [() => new nn.LayerNorm(3, { eps: -1 }), 'LayerNorm: eps must be a finite number >= 0, got -1'],
    [() => new nn.BatchNorm2d(3, { momentum: 2 }), 'BatchNorm2d: momentum must be a number of 0..1, got 2'],
    [() => new nn.Dropout(1.5), 'Dropout: p must be a number of 0..1, got 1.5'],
    [() => new nn.LayerNorm([3, 0]), 'LayerNorm: normalizedShape is 0'],
    [() => new nn.MaxPool2d(0), 'MaxPool2d: kernelSize is 0'],
    [() => new nn.Sequential(null as never), 'Sequential: item 0 is null; every item must be a Module'],
    [() => new nn.ModuleList().forward(), 'ModuleList: a list has no forward; call its modules'],
    [() => new nn.BatchNorm2d(3).forward(x(2, 3)), 'BatchNorm2d: x has shape [2, 3]; it must be [B, 3, Y, X]'],
    [
      () => new nn.NeighborhoodAttention2d(100, 8, { kernelSize: 3 }),
      'NeighborhoodAttention2d: embedDim 100 is not a multiple of numHeads 8; try embedDim 96 or 104',
    ],
    [
      () => new nn.NeighborhoodAttention2d(8, 2, { kernelSize: [3, 3, 3] }),
      'NeighborhoodAttention2d: kernelSize [3, 3, 3] has 3 entries for 2 token axes; give one per axis, or one value for all',
    ],
    [
      () => new nn.NeighborhoodAttention2d(8, 2, { kernelSize: 3 }).forward(x(2, 5, 8)),
      'NeighborhoodAttention2d: x has shape [2, 5, 8] of rank 3; it must be [B, X, Y, C], of rank 4',
    ],
    [
      () => new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 3 }).forward(x(2, 5, 7)),
      'NeighborhoodAttention1d: x has shape [2, 5, 7], its last axis 7; it must be [B, X, 8], embedDim last',
    ],
  ])('%#: and no parameter is left behind', (make, message) => {
    scope(() => {
      const before = memory()['cpu']?.bytes ?? 0;
      expect(make).toThrow(message);
      if (make.toString().includes('.forward')) return; // a layer was made, and then refused its input
      expect(memory()['cpu']?.bytes ?? 0).toBe(before);
    });
  });

  test('a window that does not fit, and a freed layer', () => {
    const layer = new nn.NeighborhoodAttention1d(8, 2, { kernelSize: 9 });
    expect(() => layer.forward(x(1, 5, 8))).toThrow(ShapeError);
    layer.dispose();
    expect(() => layer.forward(x(1, 9, 8))).toThrow(DisposedError);
  });
});
