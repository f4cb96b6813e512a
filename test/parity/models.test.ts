// Models that PyTorch saved: their keys are ours, they load, and they give PyTorch's logits.

import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../index.ts';
import { noGrad, scope } from '../../index.ts';
import * as nn from '../../nn/index.ts';
import { devices, expectClose, readFixture, upload } from './fixture.ts';

class Mlp extends nn.Module {
  body = new nn.Sequential(new nn.Linear(12, 16), new nn.GELU(), new nn.LayerNorm(16));
  head = new nn.Linear(16, 5);

  forward(x: Tensor): Tensor {
    return this.head.forward(this.body.forward(x));
  }
}

class Cnn extends nn.Module {
  conv1 = new nn.Conv2d(3, 8, 3, { padding: 1 });
  norm1 = new nn.BatchNorm2d(8);
  blocks = new nn.ModuleList([0, 1].map(() => new nn.Conv2d(8, 8, 3, { padding: 1, groups: 2, bias: false })));
  maxPool = new nn.MaxPool2d(2);
  fcHead = new nn.Linear(8, 4);

  forward(x: Tensor): Tensor {
    x = this.maxPool.forward(this.norm1.forward(this.conv1.forward(x)).relu());
    for (const block of this.blocks) x = x.add(block.forward(x).silu());
    return this.fcHead.forward(x.mean({ axis: [2, 3] }));
  }
}

describe.each([
  { name: 'mlp', build: () => new Mlp() },
  { name: 'cnn', build: () => new Cnn() },
])('$name', ({ name, build }) => {
  const saved = new Map(readFixture(name).tensors);
  const [x, logits] = [saved.get('x')!, saved.get('logits')!];
  saved.delete('x');
  saved.delete('logits');

  test('has the keys of its state dict, in order', () => {
    using model = build();
    expect(scope(() => [...model.stateDict().keys()])).toEqual([...saved.keys()]);
  });

  // These logits are float32 sums of PyTorch's, so that both devices are a rounding away from them.
  test.each(devices)('gives its logits on $device', ({ device }) => {
    using model = build().to(device).eval();
    model.loadStateDict(saved);
    scope(() =>
      expectClose(
        noGrad(() => model.forward(upload(x, device))),
        logits,
        2e-6,
        'logits',
      ),
    );
  });
});

test('every element type that PyTorch writes is read', () => {
  const tensors = readFixture('dtypes').tensors;
  const read = Object.fromEntries([...tensors].map(([name, { dtype, data }]) => [name, [dtype, ...data]]));
  const exact = [0, -1.5, 65504, Math.fround(1e-7), 3.140625];
  expect(read).toEqual({
    float64: ['float64', ...exact],
    float32: ['float32', ...exact],
    float16: ['float32', 0, -1.5, 65504, 2 ** -23, 3.140625],
    bfloat16: ['float32', 0, -1.5, 65536, 215 * 2 ** -31, 3.140625],
    int64: ['int32', 0, -1, 65504, 0, 3],
    int32: ['int32', 0, -1, 65504, 0, 3],
    uint8: ['uint8', 0, 0, 255, 0, 3],
    bool: ['bool', 0, 1, 1, 1, 1],
  });
});
